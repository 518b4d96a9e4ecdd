"""What is made once a machine and kept in a cache directory: the network, and the landmark trees.

A file is named for the SHA-256 of the weights and the version of the converter, with its own
SHA-256 beside it: other weights or another converter are another file, and a damaged one is
noticed and made again. It is derived from public weights alone; nothing of any person is in it.

Rules: the directory is 0700 and ours, or it is not used; a file appears whole or not at all
(atomic rename); of several workers that start at once, one converts and the others wait for its
file. A cache that cannot be used costs time, never the service: then the model is converted in
memory. The hash finds accidents; against somebody who can write as our user it is no defence.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from facepay.face.models.converted import VERSIONS
from facepay.face.models.landmark_trees import LANDMARKS, VERSION, Trees, parse_trees, unpacked
from facepay.face.models.weights import find_weights, parse_weights

_FORBIDDEN_BITS = stat.S_IRWXG | stat.S_IRWXO


def default_directory() -> Path:
    """`facepay/models` in the user's cache. Raises RuntimeError where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    cache = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return cache / "facepay" / "models"


def load_model(precision: str, directory: Path | None = None, weights: Path | None = None) -> bytes:
    """The serialised ONNX model in fp32 or int8; `weights` are the installed ones unless told.

    Raises FileNotFoundError without weights, and WeightsError where they are not dlib's.
    """
    content = (weights or find_weights()).read_bytes()
    name = f"dlib-resnet-v1-{VERSIONS[precision]}-{_fingerprint(content)}.onnx"
    return _cached(directory, name, lambda: _convert(content, precision))


def load_trees(directory: Path | None = None, weights: Path | None = None) -> Trees:
    """The landmark model; raises as `load_model`. Parsed anew it takes half a second."""
    content = (weights or find_weights(LANDMARKS)).read_bytes()
    name = f"dlib-landmarks-5-{VERSION}-{_fingerprint(content)}.npz"
    return unpacked(_cached(directory, name, lambda: parse_trees(content).packed()))


def _fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _cached(directory: Path | None, name: str, convert: Callable[[], bytes]) -> bytes:
    kept = None
    with suppress(OSError, RuntimeError):
        kept = _prepared(directory or default_directory()) / name
    if kept is None:
        return convert()
    return _sound(kept) or _make(kept, convert)


def _make(kept: Path, convert: Callable[[], bytes]) -> bytes:
    """The model from another worker's file, or converted here and kept for the others."""
    model = None
    with suppress(OSError), _locked(kept.with_suffix(".lock")):
        model = _sound(kept)
        if model is None:
            model = convert()
            # The hash last: a model without one is not believed.
            _write(kept, model)
            _write(_hash_file(kept), sha256(model).hexdigest().encode())
    return model or convert()


def _convert(content: bytes, precision: str) -> bytes:
    # The imports take a while and are needed once a machine.
    from facepay.face.models.convert import convert
    from facepay.face.models.quantise import quantise, shipped_ranges

    model = convert(parse_weights(content))
    return quantise(model, shipped_ranges()) if precision == "int8" else model


def _sound(kept: Path) -> bytes | None:
    """The cached model, if it is there and is what was written."""
    try:
        model, expected = kept.read_bytes(), _hash_file(kept).read_bytes()
    except OSError:
        return None
    return model if sha256(model).hexdigest().encode() == expected else None


def _hash_file(kept: Path) -> Path:
    return kept.with_suffix(".sha256")


def _prepared(directory: Path) -> Path:
    """The directory, made if need be. Raises OSError where others could have written to it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise NotADirectoryError("the model cache is not a directory of our own")
    if status.st_mode & _FORBIDDEN_BITS:
        raise PermissionError("the model cache is open to others")
    return directory


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Held by one process at a time; the kernel lets go of it when that process dies."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all. Only under the lock: what a killed worker left is written over."""
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

"""Keep converted models in a cache directory, made once per machine: network, trees, detector.

The name of a file contains the SHA-256 of the weights and the version of the converter, or the
version of dlib for the detector that is part of it. The file's own SHA-256 is stored beside it.
Other weights or another converter therefore make another file, and a damaged file is detected and
made again. The files derive from public weights alone and contain nothing of any person.

Rules:

- The directory has mode 0700 and belongs to our user, or it is not used.
- A file appears as a whole or not at all (atomic rename).
- Of several workers that start at once, one converts and the others wait for its file.
- A cache that cannot be used costs time, never the service: the model is then converted in memory.

The hash detects accidents. It is no defence against an attacker who can write as our user.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from facepay.face.models.converted import VERSIONS
from facepay.face.models.landmark_trees import LANDMARKS, VERSION, Trees, parse_trees, unpack_trees
from facepay.face.models.weights import find_weights, parse_weights

_FORBIDDEN_BITS = stat.S_IRWXG | stat.S_IRWXO


def default_directory() -> Path:
    """Return `facepay/models` in the user's cache. Raises RuntimeError without a home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG Base Directory Specification says to ignore a relative path.
    cache = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return cache / "facepay" / "models"


def load_model(precision: str, directory: Path | None = None, weights: Path | None = None) -> bytes:
    """Return the serialised ONNX model in `precision` fp32 or int8.

    `weights` are the installed ones unless given.

    Raises FileNotFoundError without weights, and WeightsError where they are not dlib's.
    """
    content = (weights or find_weights()).read_bytes()
    name = f"dlib-resnet-v1-{VERSIONS[precision]}-{_fingerprint(content)}.onnx"
    return _cached(directory, name, lambda: _convert(content, precision))


def load_trees(directory: Path | None = None, weights: Path | None = None) -> Trees:
    """Return the landmark model. Parsing it without the cache takes half a second.

    Raises FileNotFoundError and WeightsError as `load_model`.
    """
    content = (weights or find_weights(LANDMARKS)).read_bytes()
    name = f"dlib-landmarks-5-{VERSION}-{_fingerprint(content)}.npz"
    return unpack_trees(_cached(directory, name, lambda: parse_trees(content).packed()))


def load_detector(version: str, make: Callable[[], bytes], directory: Path | None = None) -> bytes:
    """Return the stream of dlib's detector. Making it without the cache takes half a second.

    `version` is dlib's, which brings the detector inside its library.
    """
    return _cached(directory, f"dlib-frontal-{version}.bin", make)


def _fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _cached(directory: Path | None, name: str, convert: Callable[[], bytes]) -> bytes:
    kept = None
    with suppress(OSError, RuntimeError):
        kept = _open_directory(directory or default_directory()) / name
    if kept is None:
        return convert()
    return _read_verified(kept) or _convert_under_lock(kept, convert)


def _convert_under_lock(kept: Path, convert: Callable[[], bytes]) -> bytes:
    """Return the model from another worker's file, or convert it here and store it."""
    model = None
    with suppress(OSError), _locked(kept.with_suffix(".lock")):
        model = _read_verified(kept)
        if model is None:
            model = convert()
            # The hash is written last, because a model without one is not accepted.
            _write(kept, model)
            _write(_hash_file(kept), sha256(model).hexdigest().encode())
    return model or convert()


def _convert(content: bytes, precision: str) -> bytes:
    # Imported here, because the onnx package is slow to import and needed once per machine.
    from facepay.face.models.convert import convert
    from facepay.face.models.quantise import quantise, shipped_ranges

    model = convert(parse_weights(content))
    return quantise(model, shipped_ranges()) if precision == "int8" else model


def _read_verified(kept: Path) -> bytes | None:
    """Return the cached model where it exists and has the stored SHA-256, or None."""
    try:
        model, expected = kept.read_bytes(), _hash_file(kept).read_bytes()
    except OSError:
        return None
    return model if sha256(model).hexdigest().encode() == expected else None


def _hash_file(kept: Path) -> Path:
    return kept.with_suffix(".sha256")


def _open_directory(directory: Path) -> Path:
    """Return the directory, and create it where it is missing.

    Raises OSError where another user could have written to it.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise NotADirectoryError("the model cache is not a directory of our own")
    if status.st_mode & _FORBIDDEN_BITS:
        raise PermissionError("the model cache is open to others")
    return directory


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock for one process at a time; the kernel releases it when that process dies."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    The caller holds the lock, so a partial file of a killed worker is overwritten.
    """
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

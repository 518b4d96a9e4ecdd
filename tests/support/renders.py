"""Rendered captures kept on disk: each is made once for a version of the renderer.

A render depends on its recipe and on the code that draws it, so its file is named for both. Files
are written under another name and renamed: several processes may write at once, and no file is
half written. Two places keep renders: the liveness bench, under var/bench, and the tests, in the
user's cache directory. The tests keep renders of the two public-domain portraits, and of nobody
else.
"""

import ast
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import facepay
import facepay_rehearsal
from facepay_rehearsal.renderer.portraits import NAMES
from facepay_rehearsal.renderer.shots import Shot

DIRECTORY = "FACEPAY_RENDERS"  # where child processes find the renders of their parent
_UNUSED_DAYS = 14
_RENDERER = facepay_rehearsal.__name__
_FACE = Path(facepay.__file__).parent / "face"

Make = Callable[..., list[Shot]]


def directory() -> Path:
    """Return the folder of the tests' renders, which a session sets as it hides the cache."""
    given = os.environ.get(DIRECTORY)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else home / "facepay"


@lru_cache(maxsize=64)
def rendered(make: Make, *recipe: Any, **more: Any) -> list[Shot]:
    """Render `make(*recipe, **more)`, or read it where that was done before."""
    if not {part for part in recipe if isinstance(part, str)} <= set(NAMES):
        raise ValueError("only renders of the public-domain portraits may be kept")
    file = _file(make, recipe, more)
    if not file.exists():
        write(file, make(*recipe, **more))
    return read(file)


def passes(judge: Callable[[Sequence[Shot]], bool], make: Make, *recipe: Any, **more: Any) -> bool:
    """Return whether `judge` passes a render; judge again when renderer or engine changed."""
    known = _file(make, recipe, more).with_suffix(f".{face_version()}.json")
    if not known.exists():
        _into_place(known, json.dumps(judge(rendered(make, *recipe, **more))).encode())
    return bool(json.loads(known.read_bytes()))


def write(file: Path, shots: Sequence[Shot]) -> None:
    """Keep a capture's pictures and the SDK's records of them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _unfinished(file)
    said = [[shot.step, shot.monotonic_ms, shot.colour] for shot in shots]
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("shots.json", json.dumps(said))
        for position, shot in enumerate(shots):
            opened.writestr(f"{position:02}.jpg", shot.jpeg)
    unfinished.rename(file)


def read(file: Path) -> list[Shot]:
    """Read a capture. Raises FileNotFoundError where it was not rendered."""
    with zipfile.ZipFile(file) as opened:
        said = json.loads(opened.read("shots.json"))
        return [Shot(opened.read(f"{i:02}.jpg"), *one) for i, one in enumerate(said)]


@cache
def version(module: str) -> str:
    """Hash every module of the renderer that `module` imports, in turn, and what they draw with."""
    package = Path(facepay_rehearsal.__file__).parent
    wanted, seen = [module], set[str]()
    digest = sha256(f"{cv2.__version__} {np.__version__}".encode())
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        file = package.parent / (name.replace(".", "/") + ".py")
        if file.exists():
            wanted += _imported(file)
    for name in sorted(seen):
        file = package.parent / (name.replace(".", "/") + ".py")
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()[:12]


@cache
def face_version() -> str:
    """Hash the face engine: its code, thresholds and model cards, and the networks it runs."""
    files = sorted(file for file in _FACE.rglob("*") if file.suffix in (".py", ".toml", ".json"))
    digest = sha256(f"{installed('onnxruntime')} {installed('face-recognition-models')}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def forget_unused() -> None:
    """Remove the renders of versions that no test has used for two weeks."""
    for folder in directory().glob("renders-*"):
        if time.time() - folder.stat().st_mtime > _UNUSED_DAYS * 24 * 3600:
            shutil.rmtree(folder, ignore_errors=True)


def _file(make: Make, recipe: Sequence[Any], more: dict[str, Any]) -> Path:
    words = json.dumps([make.__name__, recipe, more], sort_keys=True)
    name = f"{make.__name__}-{sha256(words.encode()).hexdigest()[:16]}.zip"
    return _folder(version(make.__module__)) / name


@cache
def _folder(of_version: str) -> Path:
    """Return the folder of one version, marked as used."""
    folder = directory() / f"renders-{of_version}"
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    return folder


def _into_place(file: Path, content: bytes) -> None:
    unfinished = _unfinished(file)
    unfinished.write_bytes(content)
    unfinished.rename(file)


def _unfinished(file: Path) -> Path:
    return file.with_name(f"{file.name}.{os.getpid()}.part")


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(_RENDERER):
            continue
        yield node.module or ""
        # `from package import module`: the name may be a module of its own.
        yield from (f"{node.module}.{alias.name}" for alias in node.names)

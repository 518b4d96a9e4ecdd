"""The search for pixels and embeddings finds them wherever they lie, and nothing else.

The tests plant canaries of each kind. The last step of the rehearsal shows that the service leaves
none.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facepay.face.model_store import ModelStore
from facepay.face.observe import SentFrame, observe
from facepay.face.recognition import recognise
from facepay_rehearsal.bursts import genuine
from facepay_rehearsal.demo import leak_scan as search
from facepay_rehearsal.demo.leak_patterns import (
    LeakPattern,
    burst_patterns,
    embedding_patterns,
    frame_patterns,
)
from facepay_rehearsal.demo.leak_scan import CHUNK, main, scan
from facepay_rehearsal.demo.report import REPORT_FILE
from tests.support.renders import rendered

NOISE = np.random.default_rng(7)
# The network's values: float32 numbers around ±0.1, stored as float64.
EMBEDDING = NOISE.normal(0, 0.12, 128).astype(np.float32).astype(np.float64)
FUSED = EMBEDDING + NOISE.normal(0, 0.01, 128)
FRAME = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + NOISE.bytes(40_000)

Dump = Callable[[np.ndarray], bytes]

DUMPS: dict[str, tuple[str, Dump]] = {
    "float32": ("embedding, as float32", lambda e: e.astype("<f4").tobytes()),
    "float64": ("embedding, as float64", lambda e: e.astype("<f8").tobytes()),
    "three numbers": ("embedding, as float32", lambda e: e[40:43].astype("<f4").tobytes()),
    "12 bytes askew": ("embedding, as float64", lambda e: e.astype("<f8").tobytes()[333:345]),
    "base64": (
        "embedding, as base64 of float32",
        lambda e: base64.b64encode(e.astype("<f4").tobytes()),
    ),
    "base64 of a larger whole": (
        "embedding, as base64 of float32",
        lambda e: base64.b64encode(b"x" + e.astype("<f4").tobytes() + b"yz"),
    ),
    "base64, shifted by two": (
        "embedding, as base64 of float64",
        lambda e: base64.b64encode(b"xy" + e.astype("<f8").tobytes()),
    ),
    "base64url": (
        "embedding, as base64 of float64",
        lambda e: base64.urlsafe_b64encode(e.astype("<f8").tobytes()),
    ),
    "JSON": ("embedding, as text", lambda e: json.dumps({"v": e.tolist()}).encode()),
    "JSON of float32": (
        "embedding, as text",
        lambda e: json.dumps(e.astype(np.float32).tolist(), separators=(",", ":")).encode(),
    ),
    "repr of float32": (
        "embedding, as text",
        lambda e: " ".join(str(number) for number in e.astype(np.float32)).encode(),
    ),
    "rounded": ("embedding, as text", lambda e: ", ".join(f"{n:.6f}" for n in e).encode()),
    "one a line": ("embedding, as text", lambda e: "\n".join(map(repr, e.tolist())).encode()),
}


def patterns() -> list[LeakPattern]:
    return [*frame_patterns(FRAME), *embedding_patterns(EMBEDDING), *embedding_patterns(FUSED)]


def kinds(directory: Path) -> set[str]:
    return {finding.kind for finding in scan(directory, patterns())}


def plant(directory: Path, content: bytes, name: str = "facepay.db-wal") -> None:
    surroundings = np.random.default_rng(8).bytes(5000)
    (directory / name).write_bytes(surroundings + content + surroundings)


@pytest.mark.parametrize("embedding", [EMBEDDING, FUSED], ids=["of a frame", "of several"])
@pytest.mark.parametrize(("kind", "dump"), DUMPS.values(), ids=DUMPS)
def test_a_planted_embedding_is_found(
    tmp_path: Path, kind: str, dump: Dump, embedding: np.ndarray
) -> None:
    plant(tmp_path, dump(embedding))
    assert kinds(tmp_path) == {kind}


def test_a_planted_frame_is_found_by_its_header_head_and_middle(tmp_path: Path) -> None:
    plant(tmp_path, FRAME)
    assert kinds(tmp_path) == {"picture header", "frame, its head", "frame, its middle"}


def test_a_piece_of_a_frame_is_found_without_its_header(tmp_path: Path) -> None:
    plant(tmp_path, FRAME[12_000:15_000])
    assert kinds(tmp_path) == {"frame, its middle"}


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
def test_a_frame_as_base64_is_found(tmp_path: Path, before: bytes) -> None:
    plant(tmp_path, base64.b64encode(before + FRAME))
    assert kinds(tmp_path) == {"frame, as base64"}


@pytest.mark.parametrize(
    "header",
    [b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", b"\xff\xd8\xff\xe1\x12\x34Exif\x00", b"RIFF1234WEBPVP8X"],
)
def test_a_picture_of_somebody_else_is_found_too(tmp_path: Path, header: bytes) -> None:
    plant(tmp_path, header)
    assert kinds(tmp_path) == {"picture header"}


def test_a_frame_across_two_chunks_is_found(tmp_path: Path) -> None:
    content = EMBEDDING.astype("<f4").tobytes()[100:112]
    for back in range(1, 12):
        (tmp_path / f"{back}").write_bytes(bytes(CHUNK - back) + content)
    assert len(scan(tmp_path, patterns())) == 11


def test_hidden_and_nested_files_are_searched_and_named(tmp_path: Path) -> None:
    place = tmp_path / "openbao" / ".raft"
    place.mkdir(parents=True)
    plant(place, EMBEDDING.astype("<f4").tobytes(), ".vault.db")
    (finding,) = scan(tmp_path, patterns())
    assert finding.file == "openbao/.raft/.vault.db"


def test_a_directory_without_a_face_is_called_clean(tmp_path: Path) -> None:
    plant(tmp_path, NOISE.bytes(3_000_000), "noise")
    other = NOISE.normal(0, 0.12, 128)
    plant(tmp_path, other.astype("<f4").tobytes() + json.dumps(other.tolist()).encode(), "other")
    (tmp_path / "empty").touch()
    (tmp_path / "sparse").write_bytes(bytes(1_000_000))
    assert scan(tmp_path, patterns()) == []


def test_a_directory_that_is_not_there_is_not_called_clean(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        scan(tmp_path / "gone", patterns())


def test_a_file_that_cannot_be_read_is_not_called_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root reads everything, so the file is made unreadable from this side.
    locked = tmp_path / "locked"
    locked.touch()
    opened = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path == locked:  # other files stay readable: threads of other tests may read theirs
            raise PermissionError
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert kinds(tmp_path) == {"unreadable"}


def test_the_embedding_of_a_shown_face_is_found(tmp_path: Path) -> None:
    """The leak patterns of a burst fit the template that the engine seals after that burst."""
    shots = rendered(genuine, "eileen", ("turn_left", "turn_right"), 1)
    observation = observe([SentFrame(shot.jpeg, shot.step) for shot in shots], mirrored=False)
    plant(
        tmp_path,
        bytes(recognise.reference(observation, ModelStore().embedder()).astype("<f4")),
        "template",
    )
    plant(tmp_path, shots[-1].jpeg, "upload")
    found = {(each.file, each.kind) for each in scan(tmp_path, burst_patterns(shots))}
    assert ("template", "embedding, as float32") in found
    assert ("upload", "frame, its middle") in found


def test_the_command_names_file_and_kind_and_never_prints_the_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = {
        "kind": "genuine",
        "portrait": "eileen",
        "steps": ["turn_left"],
        "light": [],
        "seed": 1,
    }
    (tmp_path / REPORT_FILE).write_text(json.dumps({"bursts": [recipe]}))
    monkeypatch.setattr(search, "burst_patterns", lambda _shots: patterns())
    assert main([str(tmp_path)]) == 0
    plant(tmp_path, json.dumps(EMBEDDING.tolist()).encode(), "service.log")
    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "service.log: embedding, as text" in printed
    assert repr(float(EMBEDDING[0]))[:8] not in printed


def test_the_command_without_patterns_does_not_report_clean(
    tmp_path: Path,
) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path / "gone")]) == 2

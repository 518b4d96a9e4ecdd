"""A party that kept a checkpoint refuses a log that was cut or rewritten since."""

from pathlib import Path

import pytest

from facepay_client import (
    FetchedLog,
    KeptCheckpoint,
    Leaf,
    LogNotExtended,
    UnreadableAnswer,
    VerificationFailed,
    verify_log,
)
from tests.support.public_log import log, signed_checkpoint
from tests.support.signing_keys import ISSUER, SigningKeys

KEYS = SigningKeys()
JWKS = KEYS.jwks()


def checkpoint(leaves: list[Leaf]) -> str:
    return signed_checkpoint(KEYS.root, leaves)


def fetched(leaves: list[Leaf]) -> FetchedLog:
    return FetchedLog(tuple(leaves), checkpoint(leaves))


@pytest.fixture
def kept(tmp_path: Path) -> KeptCheckpoint:
    return KeptCheckpoint(tmp_path / "checkpoint.json")


def test_a_log_that_grows_is_accepted_each_time(kept: KeptCheckpoint) -> None:
    leaves = log(6)
    assert kept.read() is None
    for size in (2, 2, 5, 6):
        verified = kept.verify(fetched(leaves[:size]), JWKS, expected_issuer=ISSUER)
        assert kept.read() == verified
        assert verified.size == size


def test_a_log_that_was_cut_is_refused_with_both_signatures(kept: KeptCheckpoint) -> None:
    leaves = log(6)
    kept.verify(fetched(leaves), JWKS)
    cut = fetched(leaves[:4])
    assert verify_log(cut.leaves, cut.checkpoint, JWKS), "it is consistent in itself"
    with pytest.raises(LogNotExtended, match="does not extend") as error:
        kept.verify(cut, JWKS)
    last = kept.read()
    assert last is not None
    assert (error.value.kept, error.value.shown) == (last.checkpoint, cut.checkpoint)
    assert last.size == 6, "what was seen is not forgotten"


@pytest.mark.parametrize("length", [4, 9])
def test_another_log_is_refused_even_if_it_is_longer(kept: KeptCheckpoint, length: int) -> None:
    kept.verify(fetched(log(4)), JWKS)
    other = fetched(log(length, kind="other"))
    with pytest.raises(LogNotExtended):
        kept.verify(other, JWKS)


def test_a_broken_log_is_refused_and_not_kept(kept: KeptCheckpoint) -> None:
    leaves = log(4)
    with pytest.raises(VerificationFailed):
        kept.verify(FetchedLog(tuple(leaves[1:]), checkpoint(leaves)), JWKS)
    assert kept.read() is None


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"size": "x"}'])
def test_a_damaged_file_does_not_forget_the_past(tmp_path: Path, text: str) -> None:
    path = tmp_path / "checkpoint.json"
    path.write_text(text)
    with pytest.raises(UnreadableAnswer, match="damaged"):
        KeptCheckpoint(path).verify(fetched(log(2)), JWKS)
    assert path.read_text() == text


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    KeptCheckpoint(path).verify(fetched(log(2)), JWKS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]

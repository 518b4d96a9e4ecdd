"""A calibration report is accepted only if every reader gets the same figures from it."""

import base64
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from facepay.adapters.calibration_report import (
    TYP,
    KeyFileError,
    ReportError,
    read_report,
    read_signing_key,
    read_trusted_keys,
    sign,
)
from facepay.config import SHIPPED_POLICY
from facepay.face_threshold import SHIPPED_KEY, SHIPPED_REPORT
from tests.fakes.calibrations import calibration, measured

KEY = ECKey.generate_key("P-256")


def read(tmp_path: Path, report: str) -> Any:
    file = tmp_path / "report.jws"
    file.write_text(report)
    return read_report(file, [KEY])


def signed(payload: Any, **header: str) -> str:
    whole = {"alg": "ES256", "typ": TYP, "kid": KEY.thumbprint()} | header
    return jws.serialize_compact(whole, json.dumps(payload).encode(), KEY)


def payload_of(report: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(jws.deserialize_compact(report, KEY).payload)
    return payload


def test_a_report_is_read_as_it_was_measured(tmp_path: Path) -> None:
    assert read(tmp_path, sign(calibration(), KEY) + "\n") == calibration()


def test_anybody_can_read_the_rates_without_this_code() -> None:
    payload = payload_of(sign(calibration(), KEY))["measured"]
    assert payload["false_match_rate"] == 3 / 100_000
    assert payload["false_non_match_rate"] == 0.01
    assert payload["false_match_rate_upper_95"] == pytest.approx(7.754e-5, rel=1e-3)


def test_a_signature_for_something_else_is_refused(tmp_path: Path) -> None:
    authorization = signed(payload_of(sign(calibration(), KEY)), typ="facepay-authorization+jws")
    with pytest.raises(ReportError, match="typ"):
        read(tmp_path, authorization)


@pytest.mark.parametrize("path", [("measured",), ("groups", 0, "measured")])
def test_a_bound_that_contradicts_the_counts_is_refused(
    tmp_path: Path, path: tuple[Any, ...]
) -> None:
    payload = payload_of(sign(calibration(), KEY))
    inner: Any = payload
    for step in path:
        inner = inner[step]
    inner["false_match_rate_upper_95"] = 1e-6
    with pytest.raises(ReportError, match="contradicts itself"):
        read(tmp_path, signed(payload))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", "0.3"),
        ("threshold", True),
        ("threshold", 9),
        ("threshold", 0),
        ("threshold", None),
        ("pictures", -1),
        ("pictures", 1.5),
        ("pictures", 10**400),
        ("threshold", 10**400),
        ("measured", []),
        ("groups", [1]),
        ("model", {"name": "only"}),
        ("protocol", {"references": 3}),
        ("made_at", "yesterday"),
        ("made_at", "2026-11-23T12:00:00"),
    ],
)
def test_a_report_of_an_unknown_form_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    payload = payload_of(sign(calibration(), KEY)) | {name: value}
    with pytest.raises(ReportError, match="unknown form"):
        read(tmp_path, signed(payload))


@pytest.mark.parametrize(
    "bent",
    [{"impostor_persons": 1}, {"persons": 0}, {"persons": 401}, {"impostor": 10**400}],
    ids=lambda bent: next(iter(bent)),
)
def test_counts_that_no_pictures_can_give_are_refused(tmp_path: Path, bent: dict[str, int]) -> None:
    payload = payload_of(sign(calibration(), KEY))
    payload["measured"] |= bent
    with pytest.raises(ReportError, match="unknown form"):
        read(tmp_path, signed(payload))


def test_more_errors_than_comparisons_are_refused(tmp_path: Path) -> None:
    payload = payload_of(sign(calibration(), KEY))
    payload["measured"]["false_matches"] = payload["measured"]["impostor"] + 1
    with pytest.raises(ReportError, match="unknown form"):
        read(tmp_path, signed(payload))


@pytest.mark.parametrize("content", [b"", b"not a report", b"a.b.c", b"\xff\xfe", b"x" * 2_000_000])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "report.jws"
    file.write_bytes(content)
    with pytest.raises(ReportError):
        read_report(file, [KEY])


def test_a_missing_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"gone\.jws"):
        read_report(tmp_path / "gone.jws", [KEY])


def test_an_unsigned_report_is_refused(tmp_path: Path) -> None:
    body = sign(calibration(), KEY).split(".")[1]
    kid = json.dumps({"alg": "none", "kid": KEY.thumbprint()}).encode()
    header = base64.urlsafe_b64encode(kid).decode().rstrip("=")
    with pytest.raises(ReportError):
        read(tmp_path, f"{header}.{body}.")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def test_the_public_key_cannot_sign_a_report(tmp_path: Path) -> None:
    """HS256 over the trusted public key: every reader of that key could sign."""
    body = sign(calibration(threshold=1.9), KEY).split(".")[1]
    header = {"alg": "HS256", "typ": TYP, "kid": KEY.thumbprint()}
    said = f"{encoded(json.dumps(header).encode())}.{body}"
    for public in (KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode()):
        tag = hmac.new(public, said.encode(), "sha256").digest()
        with pytest.raises(ReportError, match="its signature is wrong"):
            read(tmp_path, f"{said}.{encoded(tag)}")


@pytest.mark.parametrize("way", ["jwk", "jku", "x5u"])
def test_a_report_cannot_bring_its_own_trusted_key(tmp_path: Path, way: str) -> None:
    stranger = ECKey.generate_key("P-256")
    brought = stranger.as_dict(private=False) if way == "jwk" else "https://example.test/keys"
    header = {"alg": "ES256", "typ": TYP, "kid": KEY.thumbprint(), way: brought}
    payload = json.dumps(payload_of(sign(calibration(threshold=1.9), KEY))).encode()
    with pytest.raises(ReportError, match="its signature is wrong"):
        read(tmp_path, jws.serialize_compact(header, payload, stranger))


def test_an_endlessly_nested_key_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text('{"keys": ' + "[" * 100_000)
    for reader in (read_trusted_keys, read_signing_key):
        with pytest.raises(KeyFileError):
            reader(file)


def test_a_group_without_impostors_has_a_bound_and_no_rate(tmp_path: Path) -> None:
    lonely = replace(calibration().groups[0], measured=measured(false_matches=0, impostor=0))
    found = read(tmp_path, sign(calibration(groups=(lonely,)), KEY)).groups[0].measured
    assert found.false_match_rate is None
    assert found.false_match_rate_upper_95 == 1.0


@pytest.mark.parametrize("private", [True, False])
def test_a_key_is_read_as_pem_and_as_jwk(tmp_path: Path, private: bool) -> None:
    reader: Any = read_signing_key if private else lambda path: read_trusted_keys(path)[0]
    for text in (KEY.as_pem(private=private).decode(), json.dumps(KEY.as_dict(private=private))):
        file = tmp_path / "key"
        file.write_text(text)
        assert reader(file).thumbprint() == KEY.thumbprint()


def test_only_the_private_half_of_the_right_curve_signs(tmp_path: Path) -> None:
    file = tmp_path / "key"
    other = ECKey.generate_key("P-384")
    locked = KEY.as_pem(private=True, password="secret")
    for content in (KEY.as_pem(private=False), other.as_pem(private=True), locked, b"", b"\xff"):
        file.write_bytes(content)
        with pytest.raises(KeyFileError):
            read_signing_key(file)


def test_the_shipped_report_is_whole_and_counts_enough_strangers() -> None:
    shipped = read_report(SHIPPED_REPORT, read_trusted_keys(SHIPPED_KEY))
    assert shipped.measured.impostor >= 29_956
    assert shipped.measured.false_match_rate_upper_95 <= 1e-4
    assert shipped.measured.persons > 100
    assert SHIPPED_REPORT.parent == SHIPPED_POLICY.parent

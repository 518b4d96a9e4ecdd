"""Malformed manifests are refused by name: none causes a 5xx or is half accepted."""

import base64
import json
from typing import Any

import pytest
import requests

from facepay_client import Capture, Frame
from facepay_client.capture import MANIFEST_TYP, canonical
from tests.support.forgery import problem_of
from tests.support.manifests import chained, compact, encoded, manifest_of, send_manifest, signed
from tests.support.people import Payer, PointOfSale, genuine

MALFORMED, INVALID, TOO_LARGE = "malformed_request", "invalid_request", "body_too_large"


@pytest.fixture(scope="module")
def opened(scenario: Any, grace: Payer) -> tuple[PointOfSale, Capture, list[Frame]]:
    """Open a capture; unreadable manifests do not consume it, so one serves all tests."""
    pos: PointOfSale = scenario.pos()
    capture = pos.capture(pos.intent().id, grace.alias)
    return pos, capture, list(genuine("grace", capture.challenge, 2)[:2])


Opened = tuple[PointOfSale, Capture, list[Frame]]


def answered(opened: Opened, jws: str) -> requests.Response:
    pos, capture, frames = opened
    return send_manifest(pos.transport, capture.id, jws, frames, key=f"k{hash(jws)}")


def manifest(opened: Opened) -> dict[str, Any]:
    _, capture, frames = opened
    return manifest_of(capture, frames)


def header(opened: Opened, **changes: Any) -> bytes:
    kid = opened[0].transport.key.keyid
    return json.dumps({"alg": "ES256", "typ": MANIFEST_TYP, "kid": kid} | changes).encode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{}",
        "null",
        "a.b",
        "a.b.c.d",
        "..",
        "a.b.",
        ".b.c",
        "e30.e30.e30=",
        "e30.e30.e3+",
        "e30 .e30.e30",
        "e30.e30.e30\n",
        "e30.e30.é",
        "[" * 40_000,
        json.dumps({"payload": "e30", "signatures": []}),
    ],
    ids=lambda text: text[:12] or "empty",
)
def test_a_manifest_that_is_no_compact_jws_is_refused(opened: Opened, text: str) -> None:
    assert problem_of(answered(opened, text)) == (400, MALFORMED)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe",
        b"{",
        b"nonsense",
        b'{"frames": NaN}',
        b'{"frames": Infinity}',
        b"[" * 20_000,
        b'{"a":' * 5_000,
        b'{"width": ' + b"9" * 6_000 + b"}",
    ],
    ids=["not utf-8", "cut off", "words", "nan", "infinity", "deep list", "deep object", "long"],
)
@pytest.mark.parametrize("place", ["header", "payload"])
def test_a_manifest_without_json_is_refused(opened: Opened, raw: bytes, place: str) -> None:
    key = opened[0].transport.key
    parts = (raw, b"{}") if place == "header" else (header(opened), raw)
    assert problem_of(answered(opened, compact(*parts, key))) == (400, MALFORMED)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"1", b"true", b"[{}]"])
@pytest.mark.parametrize("place", ["header", "payload"])
def test_json_that_is_no_object_is_refused(opened: Opened, raw: bytes, place: str) -> None:
    key = opened[0].transport.key
    parts = (raw, b"{}") if place == "header" else (header(opened), raw)
    assert problem_of(answered(opened, compact(*parts, key))) == (422, INVALID)


def test_members_that_come_twice_are_refused(opened: Opened) -> None:
    """Two readers could each take another one of the two members."""
    key = opened[0].transport.key
    good = canonical(manifest(opened))
    twice_in = [
        (header(opened)[:-1] + b', "alg": "ES256"}', good),
        (header(opened), good[:-1] + b',"mirrored":true}'),
        (header(opened), good.replace(b'"step":0', b'"step":0,"step":1', 1)),
    ]
    for head, payload in twice_in:
        assert problem_of(answered(opened, compact(head, payload, key))) == (400, MALFORMED)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "ES384"}, "alg"),
        ({"alg": "es256"}, "alg"),
        ({"alg": None}, "alg"),
        ({"alg": ["ES256"]}, "alg"),
        ({"typ": "JWT"}, "typ"),
        ({"typ": "facepay-authorization+jwt"}, "typ"),
        ({"typ": "facepay-checkpoint+jwt"}, "typ"),
        ({"typ": None}, "typ"),
        ({"kid": None}, "kid"),
        ({"kid": "short"}, "kid"),
        ({"kid": 1}, "kid"),
        ({"crit": ["b64"], "b64": False}, "crit"),
        ({"jwk": {"kty": "EC"}}, "jwk"),
        ({"jku": "http://attacker.example/keys"}, "jku"),
        ({"x5u": "http://attacker.example/cert"}, "x5u"),
        ({"zip": "DEF"}, "zip"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_wrong_header_is_refused(opened: Opened, change: dict[str, Any], param: str) -> None:
    answer = answered(opened, signed(manifest(opened), opened[0].transport.key, **change))
    assert problem_of(answer) == (422, INVALID)
    assert answer.json()["param"].startswith("manifest.")
    if "b64" not in change:
        assert answer.json()["param"] == f"manifest.{param}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("capture_id", 1),
        ("capture_id", ""),
        ("capture_id", "x" * 65),
        ("nonce", None),
        ("nonce", "x" * 129),
        ("nonce", "\ud800"),
        ("sdk_version", "x" * 65),
        ("sdk_version", "line\nbreak"),
        ("mirrored", 1),
        ("mirrored", "true"),
        ("mirrored", None),
        ("camera", None),
        ("camera", []),
        ("camera", {"id": "x"}),
        ("camera.id", "x" * 129),
        ("camera.facing", "inwards"),
        ("camera.facing", None),
        ("camera.lens", "x"),
        ("width", 0),
        ("width", 1921),
        ("width", 640.0),
        ("height", True),
        ("height", "480"),
        ("exposure_locked", 0),
        ("health", None),
        ("health", {}),
        ("health.rooted", 0),
        ("health.rooted", "no"),
        ("health.emulator", True),
        ("attestation", "play_integrity"),
        ("attestation", {}),
        ("attestation", {"format": "x" * 65, "evidence": "x"}),
        ("attestation", {"format": "app_attest", "evidence": ""}),
        ("attestation", {"format": "app_attest", "evidence": "x" * 16_385}),
        ("frames", []),
        ("frames", {}),
        ("frames", [[]]),
        ("frames", None),
        ("frames.0.index", -1),
        ("frames.0.index", 24),
        ("frames.0.index", 0.0),
        ("frames.0.sha256", "0" * 63),
        ("frames.0.sha256", "A" * 64),
        ("frames.0.sha256", "0" * 64 + "\n"),
        ("frames.0.monotonic_ms", -1),
        ("frames.0.monotonic_ms", 10**30),
        ("frames.0.monotonic_ms", 1.5),
        ("frames.0.step", 9),
        ("frames.0.step", None),
        ("frames.0.colour", "white"),
        ("frames.0.colour", ["red"]),
        ("frames.0.colour", {}),
        ("frames.0.previous", None),
        ("frames.0.previous", "0"),
        ("frames.0.score", 1),
        ("surprise", 1),
    ],
)
def test_a_wrong_member_is_named(opened: Opened, path: str, value: Any) -> None:
    bent: Any = manifest(opened)
    *way, last = path.split(".")
    place = bent
    for name in way:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    jws = compact(header(opened), json.dumps(bent).encode(), opened[0].transport.key)
    answer = answered(opened, jws)
    assert problem_of(answer) == (422, INVALID)
    assert answer.json()["param"].startswith(f"manifest.{path}")


def test_a_missing_member_is_named(opened: Opened) -> None:
    whole = manifest(opened)
    for name in whole:
        rest = {each: value for each, value in whole.items() if each != name}
        answer = answered(opened, signed(rest, opened[0].transport.key))
        assert (*problem_of(answer), answer.json()["param"]) == (422, INVALID, f"manifest.{name}")


def test_an_oversized_manifest_is_refused(opened: Opened) -> None:
    padded = manifest(opened) | {"sdk_version": "x" * 40_000}
    jws = signed(padded, opened[0].transport.key)
    assert len(jws) > 48 * 1024
    assert problem_of(answered(opened, jws)) == (413, TOO_LARGE)


def test_the_largest_allowed_manifest_is_read(opened: Opened, grace: Payer) -> None:
    """Send 24 frames and the longest evidence: the service reads it and refuses its contents."""
    whole = manifest(opened)
    whole["frames"] = [whole["frames"][0] | {"index": index} for index in range(24)]
    whole["attestation"] = {"format": "app_attest", "evidence": "x" * 16_384}
    pos, _, frames = opened
    other = pos.capture(pos.intent().id, grace.alias)
    whole |= {"capture_id": other.id, "nonce": other.nonce}
    jws = signed(chained(whole), pos.transport.key)
    answer = send_manifest(pos.transport, other.id, jws, frames, key="large")
    assert problem_of(answer) == (422, "manifest_invalid")


def test_a_signature_of_another_form_is_refused(opened: Opened, grace: Payer) -> None:
    """Send DER in place of 64 bytes, an empty signature, and one byte too many."""
    pos = opened[0]
    for number, wrong in enumerate((b"\x30\x45" + bytes(69), bytes(64), b"\xff" * 64, b"x")):
        capture = pos.capture(pos.intent().id, grace.alias)
        frames = list(genuine("grace", capture.challenge, 2))
        message = signed(manifest_of(capture, frames), pos.transport.key).rpartition(".")[0]
        jws = f"{message}.{encoded(wrong)}"
        answer = send_manifest(pos.transport, capture.id, jws, frames, key=f"form {number}")
        assert problem_of(answer) == (422, "manifest_invalid")


def test_the_same_json_in_another_spelling_is_another_manifest(
    opened: Opened, grace: Payer
) -> None:
    pos = opened[0]
    capture = pos.capture(pos.intent().id, grace.alias)
    frames = list(genuine("grace", capture.challenge, 2))
    head, payload, signature = signed(manifest_of(capture, frames), pos.transport.key).split(".")
    spare = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)) + b" "
    answer = send_manifest(
        pos.transport, capture.id, f"{head}.{encoded(spare)}.{signature}", frames
    )
    assert problem_of(answer) == (422, "manifest_invalid")

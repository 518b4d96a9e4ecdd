"""Who vouches for a capturing device: its own registered key, and nobody who only says so."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from facepay.adapters.attestation import RegisteredKeyAttestation
from facepay.adapters.policy_file import read_policy
from facepay.bootstrap import build_dependencies
from facepay.config import SHIPPED_POLICY, ConfigError, Settings
from facepay.domain.attestation import FORMATS, Attested, Evidence, Health, verify_device
from facepay.domain.customer import Client, Role
from facepay.domain.errors import AttestationUnsupported, DeviceNotTrusted, ManifestInvalid
from facepay.domain.manifest import TYP, SignedManifest
from facepay.usecases.responses import CaptureAnswer
from tests.fakes.environment import LIVE
from tests.fakes.scenario import manifest_for

KEY, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
POLICY = read_policy(SHIPPED_POLICY)
POLICY_NOTICE = "notice-2026-11-28.en.md"
WELL, UNKNOWN = Health(False, False, False), Health(None, None, None)
NOTHING = {"profile": "no_light", "steps": [], "light": {"slot_ms": 440, "colours": []}}
MANIFEST = manifest_for(CaptureAnswer("cap_1", "payment", "nonce", NOTHING, 24, ""), [])
PAYLOAD = json.dumps({"capture_id": "cap_1"})


def client(key: ECKey) -> Client:
    pem = key.as_pem(private=False).decode()
    return Client(key.thumbprint(), Role.TERMINAL, "trm_1", pem, datetime.now(UTC), None)


def signed(key: ECKey = KEY, evidence: Evidence | None = None) -> SignedManifest:
    header = {"alg": "ES256", "typ": TYP, "kid": KEY.thumbprint()}
    text = jws.serialize_compact(header, PAYLOAD, key, ["ES256"])
    return SignedManifest(text, KEY.thumbprint(), replace(MANIFEST, attestation=evidence))


def test_what_the_registered_key_signed_is_of_its_device() -> None:
    attested = RegisteredKeyAttestation().verify(signed(), client(KEY))
    assert attested == Attested(platform=None)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def as_hmac() -> str:
    """The classical confusion: the public key, which everybody knows, taken for a shared secret."""
    header = {"alg": "HS256", "typ": TYP, "kid": KEY.thumbprint()}
    message = f"{encoded(json.dumps(header).encode())}.{encoded(PAYLOAD.encode())}"
    digest = hmac.digest(KEY.as_pem(private=False), message.encode(), "sha256")
    return f"{message}.{encoded(digest)}"


def unsigned() -> str:
    header = encoded(json.dumps({"alg": "none"}).encode())
    return f"{header}.{encoded(PAYLOAD.encode())}."


def edited() -> str:
    head, _, signature = signed().jws.split(".")
    return f"{head}.{encoded(PAYLOAD.replace('cap_1', 'cap_2').encode())}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(signed(OTHER).jws, id="another key"),
        pytest.param(as_hmac(), id="public key as secret"),
        pytest.param(unsigned(), id="none"),
        pytest.param(edited(), id="edited"),
        pytest.param(signed().jws[:-8], id="cut off"),
        pytest.param("x.y.z", id="garbage"),
        pytest.param("", id="empty"),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_what_it_did_not_sign_is_not(forged: str) -> None:
    with pytest.raises(ManifestInvalid) as refusal:
        RegisteredKeyAttestation().verify(replace(signed(), jws=forged), client(KEY))
    assert refusal.value.reason == "foreign_signature"


@pytest.mark.parametrize("name", [*FORMATS, "safetynet", ""])
def test_evidence_that_nobody_here_can_check_is_refused_and_not_ignored(name: str) -> None:
    with pytest.raises(AttestationUnsupported) as refusal:
        RegisteredKeyAttestation().verify(signed(evidence=Evidence(name, "…")), client(KEY))
    known = name in FORMATS
    assert ("no verifier" in str(refusal.value)) == known


def test_a_verifier_that_is_there_decides_and_is_asked_after_the_signature() -> None:
    asked = []

    def verifier(evidence: str, manifest: SignedManifest) -> None:
        asked.append(evidence)
        if evidence != "whole":
            raise DeviceNotTrusted(reason="play_integrity")

    attestation = RegisteredKeyAttestation({"play_integrity": verifier})
    whole, broken = Evidence("play_integrity", "whole"), Evidence("play_integrity", "rooted")
    attested = attestation.verify(signed(evidence=whole), client(KEY))
    assert attested.platform == "play_integrity"
    with pytest.raises(DeviceNotTrusted):
        attestation.verify(signed(evidence=broken), client(KEY))
    with pytest.raises(ManifestInvalid):
        attestation.verify(signed(OTHER, whole), client(KEY))
    assert asked == ["whole", "rooted"]


@pytest.mark.parametrize("name", ["rooted", "virtual_camera", "debugger"])
@pytest.mark.parametrize("rest", [WELL, UNKNOWN])
def test_what_a_device_says_against_itself_always_counts(name: str, rest: Health) -> None:
    with pytest.raises(DeviceNotTrusted) as refusal:
        verify_device(replace(rest, **{name: True}), Attested("play_integrity"), POLICY)
    assert refusal.value.reason == name
    assert name not in str(refusal.value), "the device is not told what gave it away"


def test_a_device_that_cannot_tell_is_taken_unless_the_policy_wants_to_know() -> None:
    verify_device(UNKNOWN, Attested(None), POLICY)
    strict = replace(POLICY, unknown_health_allowed=False)
    verify_device(WELL, Attested(None), strict)
    with pytest.raises(DeviceNotTrusted):
        verify_device(replace(WELL, debugger=None), Attested(None), strict)


def test_a_policy_may_want_the_platform_to_vouch_as_well() -> None:
    strict = replace(POLICY, platform_attestation_required=True)
    verify_device(WELL, Attested("app_attest"), strict)
    with pytest.raises(DeviceNotTrusted) as refusal:
        verify_device(WELL, Attested(None), strict)
    assert refusal.value.reason == "no_platform_attestation"


def test_every_format_is_in_the_protocol() -> None:
    protocol = (Path(__file__).parents[2] / "sdk_spec/protocol.md").read_text()
    assert [
        name for name, text in FORMATS.items() if f"| `{name}` | {text} |" not in protocol
    ] == []


def test_a_service_whose_policy_wants_what_nobody_can_check_does_not_start(tmp_path: Path) -> None:
    for name in ("2026-11.toml", POLICY_NOTICE):
        (tmp_path / name).write_bytes((SHIPPED_POLICY.parent / name).read_bytes())
    policy = tmp_path / "2026-11.toml"
    text = policy.read_text()
    wanted = text.replace("attestation_required = false", "attestation_required = true")
    assert wanted != text
    policy.write_text(wanted)
    changed = {"FACEPAY_PROFILE": "rehearsal", "FACEPAY_POLICY_FILE": str(policy)}
    with pytest.raises(ConfigError, match="platform_attestation_required"):
        build_dependencies(Settings.from_environment(LIVE | changed))

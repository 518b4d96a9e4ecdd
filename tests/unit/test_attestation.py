"""A capture's device is the one whose registered key signed it."""

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


def test_a_manifest_signed_by_the_registered_key_is_accepted() -> None:
    attested = RegisteredKeyAttestation().verify(signed(), client(KEY))
    assert attested == Attested(platform=None)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def as_hmac() -> str:
    """Sign with the public key, which everybody knows, as if it were a shared secret."""
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
def test_a_manifest_not_signed_by_the_registered_key_is_refused(forged: str) -> None:
    with pytest.raises(ManifestInvalid) as refusal:
        RegisteredKeyAttestation().verify(replace(signed(), jws=forged), client(KEY))
    assert refusal.value.reason == "foreign_signature"


@pytest.mark.parametrize("name", [*FORMATS, "safetynet", ""])
def test_evidence_without_a_verifier_is_refused(name: str) -> None:
    with pytest.raises(AttestationUnsupported) as refusal:
        RegisteredKeyAttestation().verify(signed(evidence=Evidence(name, "…")), client(KEY))
    known = name in FORMATS
    assert ("no verifier" in str(refusal.value)) == known


def test_an_installed_verifier_decides_after_the_signature_is_verified() -> None:
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
def test_a_device_that_reports_tampering_is_always_refused(name: str, rest: Health) -> None:
    with pytest.raises(DeviceNotTrusted) as refusal:
        verify_device(replace(rest, **{name: True}), Attested("play_integrity"), POLICY)
    assert refusal.value.reason == name
    assert name not in str(refusal.value), "the device must not learn the fault"


def test_a_device_of_unknown_health_is_accepted_unless_the_policy_forbids_it() -> None:
    verify_device(UNKNOWN, Attested(None), POLICY)
    strict = replace(POLICY, unknown_health_allowed=False)
    verify_device(WELL, Attested(None), strict)
    with pytest.raises(DeviceNotTrusted):
        verify_device(replace(WELL, debugger=None), Attested(None), strict)


def test_a_policy_may_require_platform_evidence() -> None:
    strict = replace(POLICY, platform_attestation_required=True)
    verify_device(WELL, Attested("app_attest"), strict)
    with pytest.raises(DeviceNotTrusted) as refusal:
        verify_device(WELL, Attested(None), strict)
    assert refusal.value.reason == "no_platform_attestation"


def test_every_evidence_format_is_in_the_protocol() -> None:
    protocol = (Path(__file__).parents[2] / "sdk_spec/protocol.md").read_text()
    assert [
        name for name, text in FORMATS.items() if f"| `{name}` | {text} |" not in protocol
    ] == []


def test_a_policy_that_requires_uncheckable_evidence_prevents_the_start(tmp_path: Path) -> None:
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

"""Fakes of the ports for faces, liveness, time, passwords and codes.

A picture is the text `face:NAME:anything`; it shows NAME. Two pictures of one name are 0.1 apart,
of two names 0.9. A reference is the name and its secret: under another secret it is a stranger's.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from facepay.domain.attestation import Attested
from facepay.domain.capture import Burst, Guidance, PadOutcome, PadVerdict
from facepay.domain.challenge import Challenge
from facepay.domain.confirmation import CONFIRMATION_TYP, Claims, Confirmation
from facepay.domain.customer import Client
from facepay.domain.errors import ManifestInvalid, NoFace
from facepay.domain.manifest import SignedManifest
from facepay.ports import ObservedFaces
from tests.fakes.journal import Journal

SAME, DIFFERENT = 0.1, 0.9
STEP_S = 30


def picture(name: str, number: int) -> bytes:
    return f"face:{name}:{number}".encode()


class FakeFaces:
    """Implements `ports.ObservedFaces`; wiping removes `person`."""

    def __init__(self, person: str) -> None:
        self.person = person

    @property
    def wiped(self) -> bool:
        return self.person == ""

    def wipe(self) -> None:
        self.person = ""


class FakeEngine:
    """Implements `ports.FaceEngine`; keeps the buffers it returned, for tests of wiping."""

    def __init__(self, journal: Journal) -> None:
        self.faces: list[FakeFaces] = []
        self.references: list[bytearray] = []
        self.model_name = "fake-1"
        self._journal = journal

    @property
    def model(self) -> str:
        return self.model_name

    def prepare(self) -> None:
        self._journal.note("engine.prepare")

    def observe(self, burst: Burst) -> ObservedFaces:
        self._journal.note("engine.observe")
        kind, _, rest = burst.frames[0].image.decode().partition(":")
        if kind != "face":
            raise NoFace()
        seen = FakeFaces(rest.split(":")[0])
        self.faces.append(seen)
        return seen

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        self._journal.note("engine.reference")
        return self._made(_own(faces).person.encode() + secret)

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        self._journal.note("engine.distance")
        known = _own(faces).person.encode() + secret
        return SAME if known == bytes(reference) else DIFFERENT

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        self._journal.note("engine.renewed")
        return self._made(reference.removesuffix(secret) + new_secret)

    def _made(self, reference: bytes | bytearray) -> bytearray:
        made = bytearray(reference)
        self.references.append(made)
        return made


class FakePad:
    """Implements `ports.PadDetector`; answers with `outcome`."""

    def __init__(self, journal: Journal) -> None:
        self.outcome = PadOutcome.BONA_FIDE
        self.guidance: Guidance | None = None
        self._journal = journal

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        self._journal.note("pad.judge")
        assert not _own(faces).wiped
        return PadVerdict(self.outcome, "fake_signal", self.guidance)


class FakeAttestation:
    """Implements `ports.Attestation`: a key's signature is its name; answers with `platform`."""

    def __init__(self, journal: Journal) -> None:
        self.platform: str | None = None
        self._journal = journal

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        self._journal.note("attestation.verify")
        if signed.jws != signed_by(key.id):
            raise ManifestInvalid(reason="foreign_signature")
        return Attested(self.platform)


def signed_by(keyid: str) -> str:
    return f"signed by {keyid}"


class FakeClock:
    """Implements `ports.Clock`; stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, 250, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakePasswords:
    """Implements `ports.Passwords`, quickly; `asked_for_nobody` counts the unknown customers."""

    def __init__(self) -> None:
        self.asked_for_nobody = 0

    def hash(self, password: str) -> str:
        return "fake$" + hashlib.sha256(password.encode()).hexdigest()

    def verify(self, phc: str | None, password: str) -> bool:
        self.asked_for_nobody += phc is None
        return phc == self.hash(password)


class FakeDeviceKeys:
    """Implements `ports.DeviceKeys`: a signature is the key's name before the signed text."""

    def verify(self, jws: str, keys: Mapping[str, str], *, typ: str) -> Confirmation | None:
        keyid, _, rest = jws.partition(f" {typ} ")
        return Confirmation(keyid, json.loads(rest)) if keyid in keys and rest else None

    @staticmethod
    def sign(keyid: str, claims: Claims, at: datetime) -> str:
        """Sign as the device's own hardware does."""
        said = {**claims, "iat": int(at.timestamp())}
        return f"{keyid} {CONFIRMATION_TYP} {json.dumps(said)}"


class FakeCodes:
    """Implements `ports.OneTimeCodes`: another code for each secret and each time step of 30 s."""

    def __init__(self) -> None:
        self._made = 0

    def new_secret(self) -> str:
        self._made += 1
        return f"SECRET{self._made}"

    def uri(self, secret: str, *, account: str) -> str:
        return f"otpauth://fake/{account}?secret={secret}"

    def qr(self, uri: str) -> str:
        return f"data:image/svg+xml,{uri}"

    def matching_time_step(self, secret: str, code: str, at: datetime) -> int | None:
        return self.step(at) if code == self.code(secret, at) else None

    def code(self, secret: str, at: datetime) -> str:
        digest = hashlib.sha256(f"{secret}{self.step(at)}".encode()).digest()
        return f"{int.from_bytes(digest[:8]) % 10**6:06d}"

    @staticmethod
    def step(at: datetime) -> int:
        return int(at.timestamp()) // STEP_S


def _own(faces: ObservedFaces) -> FakeFaces:
    assert isinstance(faces, FakeFaces)
    assert not faces.wiped, "wiped faces were looked at"
    return faces

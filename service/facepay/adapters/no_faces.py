"""Refuse everything that looks at faces: the ports of a process that has no face engine.

The console and the background work never see a face. They need neither a model nor a calibration
report, so they start without them.
"""

from typing import NoReturn

from facepay.domain.attestation import Attested
from facepay.domain.capture import Burst, PadVerdict
from facepay.domain.challenge import Challenge
from facepay.domain.customer import Client
from facepay.domain.errors import FaceUnavailable
from facepay.domain.manifest import SignedManifest
from facepay.ports import ObservedFaces

NO_DISTANCE_MATCHES = -1.0


class NoFaces:
    """Implementation of `ports.FaceEngine`, `ports.PadDetector` and `ports.Attestation`.

    Every method raises FaceUnavailable.
    """

    @property
    def model(self) -> str:
        return _refuse()

    def prepare(self) -> None:
        _refuse()

    def observe(self, burst: Burst) -> ObservedFaces:
        return _refuse()

    def reference(self, faces: ObservedFaces, secret: bytearray) -> bytearray:
        return _refuse()

    def distance(self, faces: ObservedFaces, reference: bytearray, secret: bytearray) -> float:
        return _refuse()

    def renewed(self, reference: bytearray, secret: bytearray, new_secret: bytearray) -> bytearray:
        return _refuse()

    def judge(self, faces: ObservedFaces, challenge: Challenge) -> PadVerdict:
        return _refuse()

    def verify(self, signed: SignedManifest, key: Client) -> Attested:
        return _refuse()


def _refuse() -> NoReturn:
    raise FaceUnavailable("this process has no face engine")

"""A payment whose capture an attacker injects frames into, and its required outcome."""

import json
from dataclasses import dataclass

import requests

from facepay_client import Capture, Frame, KeyPair
from tests.support.forgery import problem_of
from tests.support.manifests import manifest_of, send_manifest, signed
from tests.support.people import Payer, PointOfSale, Scenario, genuine

INVALID = (422, "manifest_invalid")


@dataclass
class AttackedPayment:
    """One payment at a terminal, its capture begun, and an honest burst for it."""

    scenario: Scenario
    pos: PointOfSale
    payer: Payer

    def __post_init__(self) -> None:
        self.intent = self.pos.intent()
        self.capture = self.pos.capture(self.intent.id, self.payer.alias)
        self.frames = list(genuine("grace", self.capture.challenge, 2))

    @property
    def key(self) -> KeyPair:
        return self.pos.transport.key

    def inject(self, jws: str, frames: list[Frame] | None = None) -> requests.Response:
        return send_manifest(self.pos.transport, self.capture.id, jws, frames or self.frames)

    def honest(self) -> str:
        return signed(manifest_of(self.capture, self.frames), self.key)

    def refused(self, answer: requests.Response, *reasons: str) -> None:
        """Assert a 422, its reason in the log, a consumed capture, and no stored verdict."""
        assert problem_of(answer) == INVALID
        self.nothing_is_kept(*reasons)

    def nothing_is_kept(self, *reasons: str) -> None:
        with self.scenario.service.deps.unit_of_work() as uow:
            intent = uow.intents.find(id=self.intent.id)
            capture = uow.captures.find(id=self.capture.id)
            assert intent is not None
            assert capture is not None
            assert (intent.pad_passed, intent.face_matched) == (None, None)
            assert (intent.state, capture.state) == ("capturing", "used")
        assert logged(self.scenario, self.capture) in reasons
        assert problem_of(self.inject(self.honest(), self.frames))[1] in (
            "wrong_state",
            "idempotency_key_reused",
        ), "a refused burst ends the capture"


def logged(scenario: Scenario, capture: Capture) -> str:
    """Return the reason in the operator's log."""
    with scenario.service.deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(kind="capture.refused")
        openings = [uow.openings.find(seq=leaf.seq) for leaf in reversed(leaves)]
    details = (json.loads(opening.details) for opening in openings if opening is not None)
    return next(str(each["reason"]) for each in details if each["capture"] == capture.id)

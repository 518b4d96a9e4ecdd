"""Results of races of payments and revocations: by the clients' clock, log, rows and vault."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from facepay.domain.audit import GENESIS, Head, verify_chain
from facepay.domain.capture import CaptureState
from facepay.domain.checkpoint import HEAD
from facepay.domain.payment import IntentState, Method
from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay.usecases.dependencies import Dependencies
from facepay.usecases.faces.destroy_keys import destroy_pending_keys
from tests.support.crowd import retry_while_unavailable
from tests.support.openbao_keys import has_any_key
from tests.support.racing import ClientResult
from tests.support.revocation_race import RaceResult, Way

PAGE = 2000
READERS = 4
PASSWORDS = {"password.changed", "password.reset"}
UNDER_WAY = {IntentState.CAPTURING.value, IntentState.AWAITING_SECOND_FACTOR.value}
WAITING = {CaptureState.RESERVED.value, CaptureState.OPEN.value}

Tick = Callable[[], None]


@dataclass(frozen=True)
class Log:
    """The numbers of the leaves about faces, payments and what was taken away from them.

    `broken` is the chain's fault.
    """

    revoked: dict[str, list[int]]  # by enrolment
    approved_by_face: dict[str, int]  # by intent
    approved: dict[str, int]  # by intent, with any method
    ended: dict[str, list[int]]  # by the customer with another password, by the withdrawn key
    leaves: int
    broken: str | None


def read_log(deps: Dependencies) -> Log:
    revoked: dict[str, list[int]] = {}
    by_face: dict[str, int] = {}
    approved: dict[str, int] = {}
    ended: dict[str, list[int]] = {}
    head, broken = Head(HEAD, 0, GENESIS), None
    while True:
        with deps.unit_of_work() as uow:
            leaves = uow.leaves.find_all(after_seq=head.size, limit=PAGE)
            openings = uow.openings.find_all(after_seq=head.size, limit=PAGE)
        if not leaves:
            return Log(revoked, by_face, approved, ended, head.size, broken)
        for leaf, opening in zip(leaves, openings, strict=True):
            details = json.loads(opening.details)
            if leaf.kind == "face.revoked":
                revoked.setdefault(details["enrolment"], []).append(leaf.seq)
            elif leaf.kind == "payment.approved":
                approved[details["intent"]] = leaf.seq
                if details["method"] == Method.FACE:
                    by_face[details["intent"]] = leaf.seq
            elif leaf.kind == "client_key.withdrawn":
                ended.setdefault(details["keyid"], []).append(leaf.seq)
            elif leaf.kind == "customer.setting_changed" and details["setting"] in PASSWORDS:
                ended.setdefault(details["customer"], []).append(leaf.seq)
        try:
            head = verify_chain(leaves, start=head)
        except ValueError as error:
            return Log(revoked, by_face, approved, ended, leaves[-1].seq, str(error))


def count(
    deps: Dependencies,
    bao: EmbeddedOpenBao,
    log: Log,
    races: Sequence[RaceResult],
    tick: Tick = lambda: None,
) -> dict[str, Any]:
    """Count every promise; `tick` is called for each key that was searched."""
    swept = retry_while_unavailable(lambda: destroy_pending_keys(deps))
    acknowledged = [race for race in races if race.revoked.outcome == "revoked"]
    by_clock = {
        payment.intent_id
        for race in acknowledged
        for payment in race.payments
        if payment.outcome == "approved" and payment.sent > race.revoked.answered
    }
    by_log = set(_approved_after_leaf(deps, log))
    return {
        "races": len(races),
        "approvals_after_revocation": len(by_clock | by_log),
        "by_clock": len(by_clock),
        "by_log": len(by_log),
        "revocation_ms": quantiles(race.revoked for race in acknowledged),
        "revocation_ms_by_way": {
            way.value: quantiles(race.revoked for race in acknowledged if race.way is way)
            for way in Way
        },
        **_captures(deps, acknowledged),
        "revocations": _revocations(races, acknowledged, log),
        "keys_swept": swept,
        "keys_left": sum(keys_left(bao, acknowledged, tick)),
        "receipts": Counter(race.receipt for race in races if race.receipt),
        "receipts_whose_key_lives": sum(race.key_left for race in races),
        **_payments(races, log),
        "races_won": _won(races),
        "log_leaves": log.leaves,
        "log_broken": log.broken,
    }


def broken_promises(counted: dict[str, Any]) -> list[str]:
    """Name the broken promises; an empty list means that all were kept."""
    revocations = counted["revocations"]
    must_be = {
        "approvals_after_revocation": 0,
        "left_under_way": 0,
        "keys_left": 0,
        "receipts_whose_key_lives": 0,
        "approvals_told_but_not_in_log": 0,
        "log_broken": None,
    }
    broken = [name for name, value in must_be.items() if counted[name] != value]
    if revocations["acknowledged"] != counted["races"]:
        broken.append("revocations not acknowledged")
    if revocations["in_log_once"] != revocations["acknowledged"]:
        broken.append("acknowledged revocations not in the log")
    return broken


def keys_left(bao: EmbeddedOpenBao, races: Iterable[RaceResult], tick: Tick) -> list[bool]:
    """Return for each race whether OpenBao still has its key, asked as administrator."""

    def left(race: RaceResult) -> bool:
        found = has_any_key(bao, race.copy.enrolment_id)
        tick()
        return found

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(left, races))


def quantiles(results: Iterable[ClientResult]) -> dict[str, float]:
    """Return quantiles in milliseconds, from the first byte sent to the answer, with retries."""
    took = [1000 * (each.answered - each.sent) for each in results]
    if not took:
        return {}
    p50, p99 = np.percentile(took, [50, 99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}


def _approved_after_leaf(deps: Dependencies, log: Log) -> list[str]:
    with deps.unit_of_work() as uow:
        intents = {intent.id: intent for intent in uow.intents.find_all()}
    return [
        intent_id
        for intent_id, seq in log.approved_by_face.items()
        if seq > min(log.revoked.get(intents[intent_id].enrolment_id or "", [log.leaves + 1]))
    ]


def _revocations(
    races: Sequence[RaceResult], acknowledged: Sequence[RaceResult], log: Log
) -> dict[str, Any]:
    return {
        "acknowledged": len(acknowledged),
        "in_log_once": sum(len(log.revoked.get(_id(race), [])) == 1 for race in acknowledged),
        "retried": sum(race.revoked.attempts > 1 for race in races),
        "asked_again_with_another_code": sum(race.asked_again for race in races),
        "ways": Counter(race.way.value for race in races),
    }


def _payments(races: Sequence[RaceResult], log: Log) -> dict[str, Any]:
    payments = [(payment, race.revoked) for race in races for payment in race.payments]
    outcomes = Counter(payment.outcome for payment, _ in payments)
    return {
        "payments": dict(outcomes.most_common()),
        "sent_after_acknowledgement": sum(
            payment.sent > revoked.answered for payment, revoked in payments
        ),
        "payments_retried": sum(payment.attempts > 1 for payment, _ in payments),
        "approvals_told_but_not_in_log": sum(
            payment.intent_id not in log.approved_by_face
            for payment, _ in payments
            if payment.outcome == "approved"
        ),
    }


def _captures(deps: Dependencies, acknowledged: Sequence[RaceResult]) -> dict[str, int]:
    """Count captures that the revocations cancelled, and those that they should have."""
    faces = {_id(race) for race in acknowledged}
    with deps.unit_of_work() as uow:
        captures = [each for each in uow.captures.find_all() if each.enrolment_id in faces]
        intents = [each for each in uow.intents.find_all() if each.enrolment_id in faces]
    left = sum(each.state.value in WAITING for each in captures)
    return {
        "captures_cancelled": sum(each.state is CaptureState.CANCELLED for each in captures),
        "intents_revoked": sum(each.state is IntentState.REVOKED for each in intents),
        "left_under_way": left + sum(each.state.value in UNDER_WAY for each in intents),
    }


def _won(races: Sequence[RaceResult]) -> dict[str, int]:
    """Count the winners of races in which both requests were under way at once."""
    met = [
        payment.outcome == "approved"
        for race in races
        for payment in race.payments
        if payment.sent < race.revoked.answered and race.revoked.sent < payment.answered
    ]
    return {"by_payment": sum(met), "by_revocation": len(met) - sum(met)}


def _id(race: RaceResult) -> str:
    return race.copy.enrolment_id

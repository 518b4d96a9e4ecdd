"""Measure whether duress can be distinguished from a wrong code: `make bench-duress`.

The bench runs the real service under gunicorn with two workers and a real OpenBao, on SQLite and on
PostgreSQL. Each of 500 payers has two payments that wait for a code. One gets the duress code, the
other a wrong code, in random order. The bench compares

- the answers, byte for byte but for ids and times, and the payment as the terminal reads it later;
- the events that the merchant gets;
- the times of the answers, by a two-sample Kolmogorov-Smirnov test.

It writes var/bench/duress.json, prints it, and ends with 1 if an answer differs or p is at most
0.05. For equal answers that happens once in ten runs of both databases; run it again then.
"""

import argparse
import json
import os
import random
import re
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from scipy.stats import ks_2samp

from facepay.domain.duress import duress_tag
from facepay.domain.event import EventKind
from facepay_client import Request, fresh_key
from tests.bench.grounds import DATABASES, progress_on, scenario_on
from tests.support.crowd import Copy, Crowd, Payment, Wanted
from tests.support.people import Scenario

REPORT = Path("var/bench/duress.json")
PAIRS = 500
DURESS_CODE = "271828"
LEAST_P = 0.05
WARM_UP = 10
_ID_OR_TIME = re.compile(r"[a-z]{2,5}_[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass
class Answers:
    """The answers to one kind of code, in the order of the payers."""

    answers: list[bytes] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=PAIRS, help="for each database")
    pairs = parser.parse_args().pairs
    found: dict[str, Any] = {}
    with progress_on(Console(stderr=True)) as progress:
        for kind in DATABASES:
            found[kind] = measure(kind, pairs, progress)
    report = found | {"load_average": round(os.getloadavg()[0], 1)}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 0 if all(each["alike"] and each["p"] > LEAST_P for each in found.values()) else 1


def measure(kind: str, pairs: int, progress: Progress) -> dict[str, Any]:
    task = progress.add_task(f"{kind}: pairs", total=pairs + WARM_UP)
    with scenario_on(kind) as (scenario, _):
        pos = scenario.pos()
        crowd = Crowd(scenario, [pos]).copies([Wanted(waiting=2)] * (pairs + WARM_UP))
        _give_duress_codes(scenario, crowd)
        answers_by_kind = {"duress": Answers(), "slip": Answers()}
        rng = random.Random(pairs)  # noqa: S311 - which of two comes first is no secret
        for payer in crowd:
            kinds = list(answers_by_kind)
            rng.shuffle(kinds)
            for name, payment in zip(kinds, payer.waiting, strict=True):
                _pay(payment, _code(name, payment), answers_by_kind[name])
            progress.advance(task)
        alarms, texts = _events(scenario)
    return _compared(answers_by_kind, pairs) | {
        "pairs": pairs,
        "alarms": alarms - WARM_UP,
        "merchants_were_told": sorted(texts),
    }


def _give_duress_codes(scenario: Scenario, crowd: list[Copy]) -> None:
    deps = scenario.service.deps
    with deps.unit_of_work() as uow:
        for payer in crowd:
            customer = uow.customers.find(alias=payer.alias)
            assert customer is not None
            tag = duress_tag(deps.fingerprint_key, customer.id, DURESS_CODE)
            uow.customers.update_all({"duress_tag": tag}, id=customer.id)
        uow.commit()


def _code(name: str, payment: Payment) -> str:
    if name == "duress":
        return DURESS_CODE
    right = payment.authenticator.at(payment.pos.clock.now())
    return f"{(int(right) + 1) % 10**6:06d}"


def _pay(payment: Payment, code: str, answers: Answers) -> None:
    transport, address = payment.pos.transport, f"/v1/payment_intents/{payment.intent_id}"
    content = json.dumps({"code": code}).encode()
    path = f"{address}/second_factor"
    signed = transport.signed(Request("POST", path, content, idempotency_key=fresh_key()))
    begun = time.perf_counter()
    answer = transport.send_once(signed)
    answers.ms.append((time.perf_counter() - begun) * 1000)
    answers.answers.append(_bare(answer.status_code, answer.content))
    later = payment.pos.terminal.get_intent(payment.intent_id)
    answers.later.append(_ID_OR_TIME.sub("…", repr(later)))


def _bare(status: int, body: bytes) -> bytes:
    return f"{status} {_ID_OR_TIME.sub('…', body.decode())}".encode()


def _events(scenario: Scenario) -> tuple[int, set[str]]:
    """Count the alarms, and collect every text sent to merchants, without ids and times."""
    with scenario.service.deps.unit_of_work() as uow:
        events = uow.events.find_all()
    alarms = sum(event.kind is EventKind.DURESS_ALARM for event in events)
    declined = [event for event in events if event.kind is EventKind.PAYMENT_DECLINED]
    return alarms, {_ID_OR_TIME.sub("…", event.shared or "") for event in declined}


def _compared(answers_by_kind: dict[str, Answers], pairs: int) -> dict[str, Any]:
    duress, slip = answers_by_kind["duress"], answers_by_kind["slip"]
    test = ks_2samp(duress.ms[WARM_UP:], slip.ms[WARM_UP:])
    alike = len({*duress.answers, *slip.answers}) == 1 and len({*duress.later, *slip.later}) == 1
    spread = {
        name: [round(each, 1) for each in statistics.quantiles(kind.ms[WARM_UP:], n=4)]
        for name, kind in answers_by_kind.items()
    }
    return {
        "alike": alike,
        "answer": duress.answers[0].decode(),
        "p": round(float(test.pvalue), 3),
        "ms_quartiles": spread,
    }


if __name__ == "__main__":
    sys.exit(main())

"""The operator's log has the time of each stage of a payment, and names nobody."""

import re

import pytest

from facepay_client import Problem, Request
from tests.support.forgery import send
from tests.support.people import Payer, PointOfSale, Scenario, genuine

LINE = re.compile(
    r"\[[-0-9 :,]+\] INFO facepay\.timing request=[0-9a-f]{16} view=[a-z_.]+"
    r"(?: [a-z_.]+=[0-9]+\.[0-9])+"
)
WITH_FRAMES = {
    "signature",
    "claim",
    "load",
    "manifest",
    "observe",
    "pad",
    "unseal",
    "compare",
    "commit",
}
WITH_CODE = {"signature", "claim", "load", "second_factor", "decide", "sign", "commit"}


def lines(scenario: Scenario, request_id: str) -> list[str]:
    log = scenario.service.log_path.read_text().splitlines()
    return [line for line in log if "facepay.timing" in line and f"request={request_id}" in line]


def times(line: str) -> dict[str, float]:
    return {name: float(ms) for name, ms in re.findall(r" ([a-z_.]+)=([0-9]+\.[0-9])(?= |$)", line)}


def test_the_stages_of_a_payment_are_in_the_services_own_log(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    capture = pos.capture(intent.id, grace.alias)
    body = pos.terminal.sign_frames(capture, genuine("grace", capture.challenge, 2))
    path = f"/v1/captures/{capture.id}/frames"
    shown = send(pos.transport, Request("POST", path, body.content, body.content_type, "k"))
    assert shown.status_code == 200
    (line,) = lines(scenario, shown.headers["Facepay-Request-Id"])
    assert LINE.fullmatch(line), line
    ms = times(line)
    assert ms.keys() >= WITH_FRAMES
    assert ms["total"] >= ms["observe"] + ms["unseal"] > 0
    pos.terminal.send_code(intent.id, grace.code())
    assert times(lines(scenario, "")[-1]).keys() >= WITH_CODE


def test_no_line_of_the_times_names_anybody(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    scenario.show_face(pos, intent, grace, "eileen")
    pos.terminal.send_code(intent.id, grace.wrong_code())
    written = lines(scenario, "")
    assert written
    assert [line for line in written if not LINE.fullmatch(line)] == []


def test_a_terminal_does_not_learn_the_stages_of_its_request(
    scenario: Scenario, pos: PointOfSale, grace: Payer
) -> None:
    intent = pos.intent()
    with pytest.raises(Problem):
        pos.terminal.send_code(intent.id, "000000")
    request = Request("GET", f"/v1/payment_intents/{intent.id}")
    headers = send(pos.transport, request).headers
    assert not [name for name in headers if "tim" in name.lower()]

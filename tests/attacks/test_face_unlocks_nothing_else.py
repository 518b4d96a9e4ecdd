"""An accepted face pays with a second factor and permits no other request.

Only captures take frames, and a capture is for a payment or an enrolment. Each attack shows a face,
has it accepted, and then sends another request without that request's own credentials.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from facepay_client import Credentials, Intent, KeyPair, Problem
from tests.support.people import PASSWORD, Payer, PointOfSale, Scenario

REPOSITORY = Path(__file__).parents[2]

PROTECTED_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "set_the_password": ("/v1/password", {"new_password": "the thief's own"}),
    "reset_the_password": ("/v1/password/reset", {"new_password": "the thief's own"}),
    "add_a_one_time_code": ("/v1/second_factors", {"name": "the thief's"}),
    "add_a_device_key": ("/v1/second_factors", {"name": "the thief's", "public_key": {}}),
    "make_recovery_codes": ("/v1/recovery_codes", {}),
    "enrol_another_face": ("/v1/enrolments", {}),
    "unlock_the_face": ("/v1/enrolments/{enrolment}/unlock", {}),
    "add_a_device": ("/v1/devices", {"name": "mine", "password": PASSWORD, "public_key": None}),
    "revoke_a_factor": ("/v1/second_factors/{factor}/revoke", {}),
}


@pytest.fixture(scope="module")
def shown(scenario: Scenario, grace: Payer) -> tuple[Intent, Intent]:
    """Return a payment with an accepted face that waits for its code, and a completed one."""
    pos = scenario.pos()
    waiting, paid = pos.intent(), pos.intent()
    scenario.show_face(pos, waiting, grace, "grace")
    scenario.show_face(pos, paid, grace, "grace")
    assert pos.terminal.send_code(paid.id, grace.code()).state == "approved"
    return waiting, pos.terminal.get_intent(paid.id)


@pytest.mark.parametrize("protected", PROTECTED_REQUESTS)
def test_an_accepted_face_permits_no_other_request(
    scenario: Scenario, grace: Payer, shown: tuple[Intent, Intent], protected: str
) -> None:
    path, body = PROTECTED_REQUESTS[protected]
    path = path.format(enrolment=grace.enrolment_id, factor=grace.factor_id)
    if "public_key" in body:
        body = body | {"public_key": KeyPair.generate().public_jwk}
    waiting, paid = shown
    factors = grace.customer.get_second_factors()
    claims: list[dict[str, Any]] = [
        {},
        {"payment_intent": waiting.id},
        {"authorization": paid.authorization},
        {"confirmation": paid.authorization},
        {"face": True},
    ]
    for claim in claims:
        with pytest.raises(Problem) as error:
            grace.transport.post(path, body | claim)
        assert error.value.code in ("invalid_request", "credentials_rejected", "wrong_state")
    assert grace.customer.get_second_factors() == factors


def test_an_accepted_face_does_not_change_consent(
    scenario: Scenario, pos: PointOfSale, shown: tuple[Intent, Intent], grace: Payer
) -> None:
    """The customer's own device gives consent; a terminal gives none, whatever face it has seen."""
    for path in ("/v1/consents", f"/v1/consents/{grace.consent_id}/withdraw"):
        with pytest.raises(Problem) as error:
            pos.transport.post(path, {})
        assert error.value.code == "not_allowed"


def test_only_a_captures_address_takes_frames() -> None:
    paths = yaml.safe_load((REPOSITORY / "sdk_spec/openapi.yaml").read_text())["paths"]
    taking = {
        at
        for at, methods in paths.items()
        for operation in methods.values()
        if isinstance(operation, dict)
        and "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    }
    assert taking == {"/v1/captures/{capture_id}/frames"}


def test_the_password_still_pays_and_is_the_same(pos: PointOfSale, grace: Payer) -> None:
    paid = pos.terminal.use_password(
        pos.intent().id, grace.alias, Credentials(PASSWORD, grace.code())
    )
    assert paid.state == "approved"

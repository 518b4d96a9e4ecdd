"""Events to a merchant contain a closed list of fields for every caller."""

import json
from datetime import UTC, datetime

import pytest

from facepay.domain.event import OPERATOR, Event, EventKind, Member, merchant_audience, new_event

AT = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SHOP = merchant_audience("mer_1")


def event(
    kind: EventKind, audience: str, shared: dict[str, Member], **operator_only: Member
) -> Event:
    return new_event(
        "evt_1",
        kind,
        AT,
        audience=audience,
        payment="pi_1",
        shared=shared,
        operator_only=operator_only,
    )


def test_a_merchant_gets_its_part_of_an_event_and_the_operator_all() -> None:
    made = event(EventKind.PAYMENT_APPROVED, SHOP, {"amount_minor": 1250}, customer="cus_1")
    to_shop, to_operator = json.loads(made.body_for(SHOP)), json.loads(made.body_for(OPERATOR))
    assert to_shop == {
        "type": "payment.approved",
        "timestamp": "2026-11-23T12:00:00.123456Z",
        "data": {"amount_minor": 1250},
    }
    assert to_operator["data"] == {"amount_minor": 1250, "customer": "cus_1"}


@pytest.mark.parametrize("member", ["customer", "method", "reason", "score", "face_matched"])
def test_no_merchant_learns_about_the_customer_or_the_face(member: str) -> None:
    with pytest.raises(ValueError, match="not for merchants"):
        event(EventKind.PAYMENT_DECLINED, SHOP, {member: "x"})


@pytest.mark.parametrize("kind", [EventKind.DURESS_ALARM, EventKind.FACE_USED])
def test_no_merchant_gets_an_alarm_or_an_event_about_a_face(kind: EventKind) -> None:
    with pytest.raises(ValueError, match="not for merchants"):
        event(kind, SHOP, {"payment_intent": "pi_1"})


@pytest.mark.parametrize("stranger", [merchant_audience("mer_2"), "", "merchant:"])
def test_no_event_goes_to_another_merchant(stranger: str) -> None:
    made = event(EventKind.PAYMENT_APPROVED, SHOP, {"amount_minor": 1250})
    with pytest.raises(ValueError, match="not for this audience"):
        made.body_for(stranger)

"""Events: what a merchant can be told is a closed list, whatever a caller passes."""

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


def test_a_merchant_is_sent_its_part_and_the_bank_is_sent_all() -> None:
    told = event(EventKind.PAYMENT_APPROVED, SHOP, {"amount_minor": 1250}, customer="cus_1")
    to_shop, to_bank = json.loads(told.body_for(SHOP)), json.loads(told.body_for(OPERATOR))
    assert to_shop == {
        "type": "payment.approved",
        "timestamp": "2026-11-23T12:00:00.123456Z",
        "data": {"amount_minor": 1250},
    }
    assert to_bank["data"] == {"amount_minor": 1250, "customer": "cus_1"}


@pytest.mark.parametrize("member", ["customer", "method", "reason", "score", "face_matched"])
def test_no_merchant_is_told_of_the_customer_or_the_face(member: str) -> None:
    with pytest.raises(ValueError, match="not for merchants"):
        event(EventKind.PAYMENT_DECLINED, SHOP, {member: "x"})


@pytest.mark.parametrize("kind", [EventKind.DURESS_ALARM, EventKind.FACE_USED])
def test_no_merchant_hears_of_an_alarm_or_of_a_face(kind: EventKind) -> None:
    with pytest.raises(ValueError, match="not for merchants"):
        event(kind, SHOP, {"payment_intent": "pi_1"})


@pytest.mark.parametrize("stranger", [merchant_audience("mer_2"), "", "merchant:"])
def test_another_merchant_cannot_be_sent_it(stranger: str) -> None:
    told = event(EventKind.PAYMENT_APPROVED, SHOP, {"amount_minor": 1250})
    with pytest.raises(ValueError, match="not for this audience"):
        told.body_for(stranger)

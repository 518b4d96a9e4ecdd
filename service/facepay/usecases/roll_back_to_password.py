"""Pay by password and one-time code: always open, whatever has become of the face.

The same intent goes on at the same price. Nothing of the face path is asked: not the engine, not
the enrolment, not the consent. An unknown payer gets the same answer after the same work.
"""

from dataclasses import replace

from facepay.domain.attempts import Channel
from facepay.domain.decision import Facts, Outcome, decide
from facepay.domain.errors import NotFound
from facepay.domain.payment import Intent, Method
from facepay.usecases.answers import IntentAnswer
from facepay.usecases.house import House
from facepay.usecases.once import Change, Claim, once
from facepay.usecases.prove import Proof, Proven, examine
from facepay.usecases.record_decision import record_decision
from facepay.usecases.sign_authorization import sign_authorization


def roll_back_to_password(
    house: House, change: Change, intent_id: str, payer_alias: str, proof: Proof
) -> IntentAnswer:
    """Raises NotFound, WrongState, IntentExpired; VaultUnavailable: then nothing is approved."""

    def walk(claim: Claim) -> IntentAnswer:
        with house.unit_of_work() as uow:
            intent = uow.intents.find(id=intent_id, terminal_id=change.caller.subject_id)
            customer = uow.customers.find(alias=payer_alias)
        if intent is None:
            raise NotFound()
        intent.require_open(house.clock())
        proven = examine(house, customer, proof, Channel.TILL, at=claim.received_at)
        paying = replace(intent, customer_id=customer.id if customer else intent.customer_id)
        decision = decide(_facts(paying, proven), house.clock())
        approved = decision.outcome is Outcome.APPROVE
        authorization = sign_authorization(house, paying) if approved else None
        with house.unit_of_work() as uow:
            answer = record_decision(
                house, uow, claim, paying, Method.PASSWORD, decision, proven, authorization
            )
            uow.commit()
        return answer

    return once(house, change, IntentAnswer, walk)


def _facts(intent: Intent, proven: Proven) -> Facts:
    return Facts(
        method=Method.PASSWORD,
        intent_expires_at=intent.expires_at,
        second_factor_ok=proven.code_ok,
        password_ok=proven.password_ok,
    )

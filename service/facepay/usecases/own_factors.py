"""A customer's second factors as the customer sees them: listed, and named."""

from dataclasses import replace

from facepay.domain.customer import FactorState
from facepay.usecases.answers import FactorAnswer
from facepay.usecases.house import House
from facepay.usecases.log import append_leaf
from facepay.usecases.once import Caller, Change, Claim, once
from facepay.usecases.second_factors import factor_answer, own_factor


def list_second_factors(house: House, caller: Caller) -> list[FactorAnswer]:
    """All that live, the oldest first; of a secret nothing."""
    with house.unit_of_work() as uow:
        factors = uow.second_factors.find_all(customer_id=caller.subject_id)
    living = [factor for factor in factors if factor.state is not FactorState.REVOKED]
    return [factor_answer(each) for each in sorted(living, key=lambda each: each.created_at)]


def rename_second_factor(house: House, change: Change, factor_id: str, name: str) -> FactorAnswer:
    """Only what it is called. Raises NotFound."""

    def act(claim: Claim) -> FactorAnswer:
        with house.unit_of_work() as uow:
            uow.customers.lock(change.caller.subject_id)
            renamed = replace(own_factor(uow, change, factor_id), name=name)
            uow.second_factors.update_all({"name": name}, id=factor_id)
            answer = factor_answer(renamed)
            claim.answer(uow, answer)
            append_leaf(house, uow, "second_factor.renamed", factor=factor_id)
            uow.commit()
        return answer

    return once(house, change, FactorAnswer, act)

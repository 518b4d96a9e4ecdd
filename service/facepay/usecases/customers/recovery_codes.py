"""Make a set of recovery codes; a new set replaces the old one.

The codes are shown once, in the first answer, and only their hashes are stored. A retry of the
request returns `codes: null`. A customer who lost the answer makes a new set.
"""

import secrets
from datetime import datetime

from facepay.domain.customer import FactorKind, FactorState, SecondFactor
from facepay.domain.event import EventKind
from facepay.domain.recovery import ALPHABET, CODES, GROUP, GROUPS, RecoveryCode, code_id
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.credentials import Credentials, RequiredCredentials
from facepay.usecases.authentication.verify_credentials import verify_for_command
from facepay.usecases.customers.second_factors import NEVER_USED, emit_factor
from facepay.usecases.dependencies import Dependencies, new_id
from facepay.usecases.idempotency import Lease, run_idempotent
from facepay.usecases.records.audit_log import append_setting
from facepay.usecases.request import Command
from facepay.usecases.responses import RecoveryCodesAnswer

NAME = "recovery codes"


def make_recovery_codes(
    deps: Dependencies, command: Command, credentials: Credentials
) -> RecoveryCodesAnswer:
    """Make ten new codes, with the password and a second factor.

    Raises CredentialsRejected, FactorUnavailable.
    """

    def act(lease: Lease) -> RecoveryCodesAnswer:
        customer_id = command.caller.subject_id
        with deps.unit_of_work() as uow:
            customer = uow.customers.find(id=customer_id)
        required = RequiredCredentials.PASSWORD_AND_SECOND_FACTOR
        verified = verify_for_command(deps, command, customer, credentials, required)
        factor, codes = new_set(deps, customer_id), generate_codes(CODES)
        # Hash before the rows are locked: argon2id is slow on purpose.
        hashed = [hashed_code(deps, factor, code) for code in codes]
        with deps.unit_of_work() as uow:
            uow.customers.lock(customer_id)
            verified.consume(uow)
            replace_set(uow, factor, hashed)
            lease.answer(uow, RecoveryCodesAnswer(factor.id, None))
            emit_factor(deps, uow, EventKind.SECOND_FACTOR_ADDED, factor)
            append_setting(deps, uow, customer_id, "recovery_codes.made")
            uow.commit()
        return RecoveryCodesAnswer(factor.id, codes)

    return run_idempotent(deps, command, RecoveryCodesAnswer, act)


def replace_set(uow: UnitOfWork, factor: SecondFactor, codes: list[RecoveryCode]) -> None:
    """Revoke the customer's old sets and add a new one; the caller commits."""
    old = {"customer_id": factor.customer_id, "kind": factor.kind.value}
    uow.second_factors.update_all({"state": FactorState.REVOKED.value}, **old)
    uow.second_factors.add(factor)
    for code in codes:
        uow.recovery_codes.add(code)


def new_set(deps: Dependencies, customer_id: str, name: str = NAME) -> SecondFactor:
    """Return the second factor that a new set of codes belongs to."""
    return SecondFactor(
        id=new_id("fac"),
        customer_id=customer_id,
        kind=FactorKind.RECOVERY_CODES,
        name=name,
        sealed_secret=None,
        keyid=None,
        public_key_pem=None,
        state=FactorState.ACTIVE,
        last_time_step=NEVER_USED,
        created_at=deps.clock(),
    )


def generate_codes(count: int) -> list[str]:
    """Return random codes with different selectors (their first group)."""
    codes: dict[str, str] = {}
    while len(codes) < count:
        groups = [_group() for _ in range(GROUPS)]
        codes.setdefault(groups[0], "-".join(groups))
    return list(codes.values())


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(GROUP))


def hashed_code(
    deps: Dependencies, factor: SecondFactor, code: str, expires_at: datetime | None = None
) -> RecoveryCode:
    """Return a code as it is stored: its selector in the id, the rest as an argon2id hash."""
    selector, _, secret = code.partition("-")
    hashed = deps.passwords.hash(secret.replace("-", ""))
    return RecoveryCode(code_id(factor.id, selector), factor.id, hashed, None, expires_at)

"""Credentials: what a customer presents, what a request requires, and what was verified."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from facepay.ports import UnitOfWork
from facepay.usecases.authentication.match_factors import FactorMatch
from facepay.usecases.authentication.match_recovery_code import RecoveryMatch
from facepay.usecases.dependencies import NO_ROW


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials that a customer presents; None means "not presented".

    `confirmation` is the JWS of a device key.
    """

    password: str | None = None
    code: str | None = None
    confirmation: str | None = None
    recovery_code: str | None = None

    @property
    def has_second_factor(self) -> bool:
        return (self.code, self.confirmation, self.recovery_code) != (None, None, None)

    def one_by_one(self) -> "list[Credentials]":
        """Return each credential alone; the code comes last, because it needs the vault."""
        return [
            Credentials(password=self.password),
            Credentials(confirmation=self.confirmation),
            Credentials(recovery_code=self.recovery_code),
            Credentials(code=self.code),
        ]


class RequiredCredentials(Enum):
    """The credentials that a request requires: one to leave, two to enter."""

    ANY_ONE = auto()
    PASSWORD = auto()
    PASSWORD_AND_SECOND_FACTOR = auto()


@dataclass(frozen=True, slots=True)
class VerifiedCredentials:
    """The result of checking credentials. None means "not presented", False "presented and wrong".

    `duress`: the code was the duress code; `second_factor_ok` is then False.
    `customer_id`: the customer they were checked for; None for an unknown alias.
    `blocked`: the code came after too many wrong ones, so it may be a guess.
    """

    password_ok: bool | None
    second_factor_ok: bool | None
    match: FactorMatch | RecoveryMatch | None
    customer_id: str | None = None
    duress: bool = False
    blocked: bool = False

    def satisfies(self, required: RequiredCredentials) -> bool:
        """Return whether the correct credentials are all that the request requires."""
        password, second_factor = bool(self.password_ok), bool(self.second_factor_ok)
        return {
            RequiredCredentials.ANY_ONE: password or second_factor,
            RequiredCredentials.PASSWORD: password,
            RequiredCredentials.PASSWORD_AND_SECOND_FACTOR: password and second_factor,
        }[required]

    def consume(self, uow: UnitOfWork) -> bool:
        """Mark the matched code as used; return False when it was used or revoked meanwhile.

        Without a match the same statements run, so that their time does not show the difference.
        """
        if self.match is None:
            FactorMatch(NO_ROW, time_step=0).consume(uow)
            return True
        return self.match.consume(uow)

    def consume_rejected(self, uow: UnitOfWork) -> None:
        """Mark a correct code as used although the request was rejected.

        A recovery code stays unused: there are ten of them, and a mistyped password must not cost
        one.
        """
        is_recovery_code = isinstance(self.match, RecoveryMatch)
        (replace(self, match=None) if is_recovery_code else self).consume(uow)

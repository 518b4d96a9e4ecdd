"""Credentials: what a customer presents, what a request requires, and what was verified.

Verifying takes time, and holds no lock. `VerifiedCredentials` therefore checks everything again in
the transaction of the change: password, second factor and code. The caller of the request is
checked again where its answer is stored (`idempotency.Lease.answer`).
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from facepay.domain.errors import CredentialsRejected
from facepay.ports import UnitOfWork
from facepay.usecases.authentication.consume_codes import FactorMatch, RecoveryMatch
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
    `password_hash`: the stored hash that the password was compared with.
    """

    password_ok: bool | None
    second_factor_ok: bool | None
    match: FactorMatch | RecoveryMatch | None
    customer_id: str | None = None
    duress: bool = False
    blocked: bool = False
    password_hash: str | None = field(default=None, repr=False)

    def satisfies(self, required: RequiredCredentials) -> bool:
        """Return whether the correct credentials are all that the request requires."""
        password, second_factor = bool(self.password_ok), bool(self.second_factor_ok)
        return {
            RequiredCredentials.ANY_ONE: password or second_factor,
            RequiredCredentials.PASSWORD: password,
            RequiredCredentials.PASSWORD_AND_SECOND_FACTOR: password and second_factor,
        }[required]

    def consume(self, uow: UnitOfWork) -> None:
        """Check again that everything is as it was verified, and mark the code as used.

        Call it first in the transaction of the change: it locks the customer and the factor.

        Raises CredentialsRejected when the password was changed, the code used, or the factor
        revoked meanwhile.
        """
        if not self.consume_if_unchanged(uow):
            raise CredentialsRejected()

    def consume_if_unchanged(self, uow: UnitOfWork) -> bool:
        """Do the same as `consume`, and return False instead of raising: a payment is declined.

        The statements depend only on what was presented, so that their time does not show what was
        right.
        """
        same_password = self.password_ok is None or self._is_same_password(uow)
        return self._consume_match(uow) and same_password

    def consume_to_leave(self, uow: UnitOfWork) -> None:
        """Mark the code as used, and refuse nothing: this is for locks and revocations.

        What was right when it was presented is enough to leave. Otherwise somebody who uses the
        owner's codes, or changes the password, at the right moment could keep the face alive.
        """
        self._consume_match(uow)

    def consume_rejected(self, uow: UnitOfWork) -> None:
        """Mark a correct code as used although the request was rejected.

        A recovery code stays unused: there are ten of them, and a mistyped password must not cost
        one.
        """
        is_recovery_code = isinstance(self.match, RecoveryMatch)
        (replace(self, match=None) if is_recovery_code else self)._consume_match(uow)

    def _is_same_password(self, uow: UnitOfWork) -> bool:
        locked_row = uow.customers.lock(self.customer_id or NO_ROW)
        return locked_row is not None and locked_row.password_hash == self.password_hash

    def _consume_match(self, uow: UnitOfWork) -> bool:
        if self.match is None:
            FactorMatch(NO_ROW, time_step=0).consume(uow)
            return True
        return self.match.consume(uow)

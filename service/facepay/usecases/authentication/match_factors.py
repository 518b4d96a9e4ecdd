"""Match a one-time code or a confirmation against a customer's second factors."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from facepay.domain.confirmation import CONFIRMATION_TYP, Claims, claims_match
from facepay.domain.customer import PAYING, FactorKind, FactorState, SecondFactor
from facepay.domain.errors import FactorUnavailable, SealBroken, VaultUnavailable
from facepay.ports import OneTimeCodes, SecretVault, UnitOfWork
from facepay.usecases.dependencies import NO_ROW, Dependencies, wiped


@dataclass(frozen=True, slots=True)
class FactorMatch:
    """A matched factor; `time_step` is the 30 s step of a one-time code, None for a device key."""

    factor_id: str
    time_step: int | None = None

    def consume(self, uow: UnitOfWork) -> bool:
        """Mark the code as used; return False when it was used, or its factor revoked, meanwhile.

        A device key only returns whether its factor is active. The caller commits.
        """
        factor = uow.second_factors.lock(self.factor_id)
        live = factor is not None and factor.state is FactorState.ACTIVE
        if self.time_step is None:
            return live  # the nonce of a payment or request makes its confirmation count once
        fresh = factor is not None and live and factor.last_time_step < self.time_step
        used = self.factor_id if fresh else NO_ROW
        uow.second_factors.update_all({"last_time_step": self.time_step}, id=used)
        return fresh


def active_factors(uow: UnitOfWork, customer_id: str) -> list[SecondFactor]:
    """Return the active factors that can pay; recovery codes cannot."""
    active = uow.second_factors.find_all(customer_id=customer_id, state=FactorState.ACTIVE.value)
    return [factor for factor in active if factor.kind in PAYING]


def match_code(
    deps: Dependencies, factors: list[SecondFactor], code: str, at: datetime
) -> FactorMatch | None:
    """Return the factor for which `code` is correct at `at`, unless its time step was used.

    Without a TOTP factor, a decoy secret is opened: the time of the answer is the same, and so is
    the error while the vault is unavailable.

    Raises FactorUnavailable when the vault cannot open a secret.
    """
    sealed = [each for each in factors if each.sealed_secret]
    if not sealed:
        _match_decoy(deps, code, at)
    matches = [_match_one(deps, each, code, at) for each in sealed]
    return next((match for match in matches if match is not None), None)


def match_confirmation(
    deps: Dependencies, factors: list[SecondFactor], confirmation: str, claims: Claims, at: datetime
) -> FactorMatch | None:
    """Return the device key that signed exactly `claims`, in time for `at`."""
    keys = {each.keyid: each for each in factors if each.kind is FactorKind.DEVICE_KEY}
    pems = {keyid: each.public_key_pem for keyid, each in keys.items()}
    known = {keyid: pem for keyid, pem in pems.items() if keyid and pem}
    signed = deps.device_keys.verify(confirmation, known, typ=CONFIRMATION_TYP)
    if signed is None or not claims_match(signed.claims, claims, at):
        return None
    return FactorMatch(keys[signed.keyid].id)


def _match_one(
    deps: Dependencies, factor: SecondFactor, code: str, at: datetime
) -> FactorMatch | None:
    time_step = _matching_time_step(deps, factor.sealed_secret or "", factor.id, code, at)
    if time_step is None or time_step <= factor.last_time_step:
        return None
    return FactorMatch(factor.id, time_step)


def _matching_time_step(
    deps: Dependencies, sealed_secret: str, binding: str, code: str, at: datetime
) -> int | None:
    try:
        sealed = deps.secrets.unseal_secret(sealed_secret, binding=binding)
    except SealBroken:
        return None  # the secret was changed or moved in the database: it matches no code
    except VaultUnavailable as error:
        raise FactorUnavailable() from error
    with wiped(sealed) as secret:
        return deps.codes.matching_time_step(secret.decode(), code, at)


def _match_decoy(deps: Dependencies, code: str, at: datetime) -> None:
    """Do the work of one match without a result."""
    try:
        sealed = _decoy_secret(deps.secrets, deps.codes)  # type: ignore[arg-type]
    except VaultUnavailable as error:
        raise FactorUnavailable() from error
    _matching_time_step(deps, sealed, NO_ROW, code, at)


@lru_cache(maxsize=1)
def _decoy_secret(vault: SecretVault, codes: OneTimeCodes) -> str:
    """Seal a secret once in each process, without storing it; adapters are hashed by identity."""
    return vault.seal_secret(codes.new_secret().encode(), binding=NO_ROW)

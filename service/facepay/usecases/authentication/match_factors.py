"""Whether what was presented is of one of the customer's second factors."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from facepay.domain.confirmation import CONFIRMATION_TYP, Claims, claims_match
from facepay.domain.customer import PAYING, FactorKind, FactorState, SecondFactor
from facepay.domain.errors import FactorUnavailable, SealBroken, VaultUnavailable
from facepay.ports import OneTimeCodes, SecretVault, UnitOfWork
from facepay.usecases.dependencies import Dependencies, wiped

NOBODY = "nobody"  # no identifier of a row: those have a prefix and random digits


@dataclass(frozen=True, slots=True)
class FactorMatch:
    """A factor that was shown; of a one-time code also the 30 s step it was right for."""

    factor_id: str
    time_step: int | None = None

    def consume(self, uow: UnitOfWork) -> bool:
        """Use the code up. False when it was used, or its factor revoked, since it was checked."""
        factor = uow.second_factors.lock(self.factor_id)
        live = factor is not None and factor.state is FactorState.ACTIVE
        if self.time_step is None:
            return live  # a confirmation is used up with the nonce of what it confirms
        fresh = factor is not None and live and factor.last_time_step < self.time_step
        used = self.factor_id if fresh else NOBODY
        uow.second_factors.update_all({"last_time_step": self.time_step}, id=used)
        return fresh


def active_factors(uow: UnitOfWork, customer_id: str) -> list[SecondFactor]:
    """Those that can pay: recovery codes are for getting back to one of these."""
    active = uow.second_factors.find_all(customer_id=customer_id, state=FactorState.ACTIVE.value)
    return [factor for factor in active if factor.kind in PAYING]


def match_code(
    deps: Dependencies, factors: list[SecondFactor], code: str, at: datetime
) -> FactorMatch | None:
    """The factor `code` is right for at `at`, if it is newer than the last one used.

    Where there is none to look at, nobody's secret is opened: the answer comes as late as another,
    and while the vault is away it is the same. Raises FactorUnavailable: a device key needs no
    vault to be checked.
    """
    sealed = [each for each in factors if each.sealed_secret]
    if not sealed:
        _look_at_nobodys(deps, code, at)
    matches = [_match_one(deps, each, code, at) for each in sealed]
    return next((match for match in matches if match is not None), None)


def match_confirmation(
    deps: Dependencies, factors: list[SecondFactor], confirmation: str, claims: Claims, at: datetime
) -> FactorMatch | None:
    """The device key that has signed just this."""
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
        return None  # a row that was tampered with proves nothing
    except VaultUnavailable as error:
        raise FactorUnavailable() from error
    with wiped(sealed) as secret:
        return deps.codes.matching_time_step(secret.decode(), code, at)


def _look_at_nobodys(deps: Dependencies, code: str, at: datetime) -> None:
    """The work of one look, and nothing comes of it."""
    try:
        sealed = _sealed_for_nobody(deps.secrets, deps.codes)  # type: ignore[arg-type]
    except VaultUnavailable as error:
        raise FactorUnavailable() from error
    _matching_time_step(deps, sealed, NOBODY, code, at)


@lru_cache(maxsize=1)
def _sealed_for_nobody(vault: SecretVault, codes: OneTimeCodes) -> str:
    """Sealed once a process, and kept nowhere else. Adapters are hashed by identity."""
    return vault.seal_secret(codes.new_secret().encode(), binding=NOBODY)

"""Many customers with a face each, copied from one who enrolled over HTTP.

Rendering and judging a burst for each of thousands would take hours and show nothing new. Rows are
copied; their protection is each copy's own. A copy has a device key, a one-time-code secret sealed
for its factor, and a transit key in OpenBao. Its template is turned to that key's secret and sealed
with it. Payments of copies wait for a code, as after a judged face, or for a capture.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyotp

from facepay.domain.customer import Client, FactorKind, SecondFactor
from facepay.domain.enrolment import Enrolment
from facepay.domain.errors import Unavailable
from facepay.domain.payment import Intent
from facepay.usecases.dependencies import Dependencies, new_id, wiped
from facepay_client import KeyPair
from tests.support.people import PointOfSale, Scenario

Result = TypeVar("Result")
Row = tuple[str, Any]  # the name of a repository, and a row of it
PORTRAIT = "grace"
IN_PARALLEL = 4  # copies made at once: each waits for OpenBao most of the time
ATTEMPTS = 600  # tries, 0.1 s apart


@dataclass(frozen=True)
class Wanted:
    """`waiting` payments can be ended by a code; for `created` ones no face was shown."""

    waiting: int = 1
    created: int = 0
    revokes_by_code: bool = False  # with an authenticator that no payment uses
    own_till: bool = False  # a terminal that no other copy pays at
    more_keys: bool = False

    @property
    def authenticators(self) -> int:
        return max(self.waiting, 1) + self.revokes_by_code


@dataclass(frozen=True)
class Payment:
    """One payment of a copy, its terminal, and the authenticator that its payer will read."""

    intent_id: str
    pos: PointOfSale
    authenticator: pyotp.TOTP


@dataclass(frozen=True)
class MoreKeys:
    """A device key that is a second factor, and a second device that signs requests."""

    factor: KeyPair
    device: KeyPair


@dataclass(frozen=True)
class Copy:
    """A customer whose face is enrolled; `authenticator` is for revoking it."""

    device: KeyPair
    customer_id: str
    alias: str
    enrolment_id: str
    consent_id: str
    waiting: tuple[Payment, ...]
    created: tuple[Payment, ...]
    authenticator: pyotp.TOTP
    more_keys: MoreKeys | None


class Crowd:
    """Enrols one customer by face, and pays by face once, to have something to copy."""

    def __init__(self, scenario: Scenario, points_of_sale: Sequence[PointOfSale]) -> None:
        self._scenario = scenario
        self._deps: Dependencies = scenario.service.deps
        self._points_of_sale = points_of_sale
        payer, pos = scenario.payer(face=PORTRAIT), points_of_sale[0]
        shown, created = pos.intent(), pos.intent()
        scenario.show_face(pos, shown, payer, PORTRAIT)
        with self._deps.unit_of_work() as uow:
            self._customer = _found(uow.customers.find(alias=payer.alias))
            self._client = _found(uow.clients.find(id=payer.transport.key.keyid))
            self._factor = _found(uow.second_factors.find(id=payer.factor_id))
            self._consent = _found(uow.consents.find(id=payer.consent_id))
            self._enrolment = _found(uow.enrolments.find(id=payer.enrolment_id))
            self._shown = _found(uow.intents.find(id=shown.id))
            self._created = _found(uow.intents.find(id=created.id))
            self._till = _found(uow.terminals.find(id=pos.id))
            self._till_key = _found(uow.clients.find(id=pos.transport.key.keyid))
        key, sealed = self._enrolment.key_name, self._enrolment.sealed_reference
        vault = self._deps.templates
        self._reference = vault.unseal(key, _found(sealed), binding=self._enrolment.binding)
        self._secret = vault.derive_secret(key)

    def copies(self, wanted: Sequence[Wanted]) -> list[Copy]:
        """Make one copy for each, in one transaction. Waits for an unavailable vault."""
        with ThreadPoolExecutor(IN_PARALLEL) as pool:
            drafts = list(
                pool.map(lambda each: retry_while_unavailable(lambda: self._draft(each)), wanted)
            )
        with self._deps.unit_of_work() as uow:
            for _, rows in drafts:
                for repository, row in rows:
                    getattr(uow, repository).add(row)
            uow.commit()
        return [copy for copy, _ in drafts]

    def _draft(self, wanted: Wanted) -> tuple[Copy, list[Row]]:
        """Return a copy, and its rows with their repositories, in the order of their keys."""
        device = KeyPair.generate()
        customer = replace(self._customer, id=new_id("cus"), alias=f"copy {secrets.token_hex(8)}")
        consent = replace(self._consent, id=new_id("con"), customer_id=customer.id)
        enrolment = self._enrolled(customer.id, consent.id)
        factors = [self._factor_of(customer.id) for _ in range(wanted.authenticators)]
        codes = [code for code, _ in factors]
        keys, key_rows = self._more_keys(customer.id) if wanted.more_keys else (None, [])
        pos, till_rows = self._till_for(wanted)
        shown = replace(
            self._shown,
            customer_id=customer.id,
            enrolment_id=enrolment.id,
            enrolment_epoch=enrolment.epoch,
        )
        waiting = [self._paying(shown, pos, code) for code in codes[: wanted.waiting]]
        created = [self._paying(self._created, pos, codes[0]) for _ in range(wanted.created)]
        copy = Copy(
            device,
            customer.id,
            customer.alias,
            enrolment.id,
            consent.id,
            tuple(payment for payment, _ in waiting),
            tuple(payment for payment, _ in created),
            codes[-1],
            keys,
        )
        client = self._client_of(self._client, customer.id, device)
        rows: list[Row] = [("customers", customer), ("clients", client), ("consents", consent)]
        rows += [("enrolments", enrolment), *(("second_factors", row) for _, row in factors)]
        rows += [*key_rows, *till_rows]
        return copy, [*rows, *(("intents", row) for _, row in waiting + created)]

    def _client_of(self, like: Client, subject_id: str, key: KeyPair) -> Client:
        return replace(
            like,
            id=key.keyid,
            subject_id=subject_id,
            public_key_pem=key.public_pem,
            created_at=self._deps.clock(),
        )

    def _more_keys(self, customer_id: str) -> tuple[MoreKeys, list[Row]]:
        keys = MoreKeys(KeyPair.generate(), KeyPair.generate())
        factor = replace(
            self._factor,
            id=new_id("fac"),
            customer_id=customer_id,
            kind=FactorKind.DEVICE_KEY,
            sealed_secret=None,
            keyid=keys.factor.keyid,
            public_key_pem=keys.factor.public_pem,
        )
        client = self._client_of(self._client, customer_id, keys.device)
        return keys, [("second_factors", factor), ("clients", client)]

    def _till_for(self, wanted: Wanted) -> tuple[PointOfSale, list[Row]]:
        """Return one of the terminals, or one of its own with its rows."""
        if not wanted.own_till:
            return secrets.choice(self._points_of_sale), []
        like, key = self._points_of_sale[0], KeyPair.generate()
        pos = replace(like.signing_with(self._scenario.transport(key)), id=new_id("term"))
        till = replace(self._till, id=pos.id)
        client = self._client_of(self._till_key, pos.id, key)
        return pos, [("terminals", till), ("clients", client)]

    def _paying(self, like: Intent, pos: PointOfSale, code: pyotp.TOTP) -> tuple[Payment, Intent]:
        now = self._deps.clock()
        intent = replace(
            like,
            id=new_id("pay"),
            nonce=secrets.token_urlsafe(24),
            terminal_id=pos.id,
            merchant_id=pos.merchant_id,
            opened_by=pos.transport.key.keyid,
            created_at=now,
            expires_at=now + self._deps.policy.intent_lifetime,
        )
        return Payment(intent.id, pos, code), intent

    def _enrolled(self, customer_id: str, consent_id: str) -> Enrolment:
        vault, name = self._deps.templates, new_id("enr")
        copy = replace(
            self._enrolment,
            id=name,
            customer_id=customer_id,
            consent_id=consent_id,
            created_at=self._deps.clock(),
        )
        vault.create_key(name)
        with wiped(vault.derive_secret(name)) as secret:
            turned = self._deps.engine.renewed(self._reference, self._secret, secret)
        with wiped(turned) as reference:
            sealed = vault.seal(name, reference, binding=copy.binding)
        return replace(copy, sealed_reference=sealed)

    def _factor_of(self, customer_id: str) -> tuple[pyotp.TOTP, SecondFactor]:
        secret, name = self._deps.codes.new_secret(), new_id("fac")
        sealed = self._deps.secrets.seal_secret(secret.encode(), binding=name)
        factor = replace(
            self._factor, id=name, customer_id=customer_id, sealed_secret=sealed, last_time_step=-1
        )
        return pyotp.TOTP(secret), factor


def retry_while_unavailable(act: Callable[[], Result]) -> Result:
    """Call `act` again while the vault or the database is unavailable, for up to a minute."""
    for _ in range(ATTEMPTS):
        try:
            return act()
        except Unavailable:
            time.sleep(0.1)
    return act()


def _found(row: Result | None) -> Result:
    assert row is not None
    return row

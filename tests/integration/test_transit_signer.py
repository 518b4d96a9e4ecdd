"""Acquirers verify authorizations offline; forgeries and key rotation do not break that."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from facepay.adapters.openbao_session import OpenBaoSession
from facepay.adapters.transit_signer import TransitSigner
from facepay.domain.errors import VaultUnavailable
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration import openbao_fixture
from tests.integration.openbao_fixture import administer
from tests.support.signing_keys import signed_by

openbao = openbao_fixture.openbao

CLAIMS = {"payment_id": "pay_1", "amount_minor": 1250, "currency": "EUR", "note": "café"}
TYP = "facepay-authorization+jwt"


@pytest.fixture
def session(openbao: EmbeddedOpenBao) -> Iterator[OpenBaoSession]:
    session = openbao_fixture.session_with(openbao)
    yield session
    session.close()


class KeptSigner(TransitSigner):
    """Keeps the published keys, for `jwks`."""

    def __init__(self, session: OpenBaoSession) -> None:
        self.published: list[Any] = []
        super().__init__(session, self._keep)

    def _keep(self, keys: Any) -> None:
        self.published = list(keys)

    def jwks(self) -> dict[str, list[Any]]:
        self.prepare()
        return {"keys": self.published}


@pytest.fixture
def signer(session: OpenBaoSession) -> KeptSigner:
    return KeptSigner(session)


def verified(token: str, published: Any) -> jwt.Token:
    """Verify as an acquirer does: joserfc unchanged, the published keys, no OpenBao."""
    return jwt.decode(token, KeySet.import_key_set(published), algorithms=["ES256"])


def test_a_signature_verifies_offline_with_the_published_keys(signer: KeptSigner) -> None:
    token = verified(signer.sign(CLAIMS, typ=TYP), signer.jwks())
    assert token.claims == CLAIMS
    published = signer.jwks()["keys"][-1]
    assert token.header == {"alg": "ES256", "typ": TYP, "kid": published["kid"]}
    assert published["kid"] == ECKey.import_key(dict(published)).thumbprint()  # RFC 7638
    assert set(published) == {"kty", "crv", "x", "y", "kid", "use", "alg"}  # no private half


def test_one_changed_character_breaks_a_signature(signer: KeptSigner) -> None:
    token, published = signer.sign(CLAIMS, typ=TYP), signer.jwks()
    # The last one of a part may encode padding bits only, which change nothing.
    ends = {index - 1 for index, sign in enumerate(token) if sign == "."} | {len(token) - 1}
    for index, sign in enumerate(token):
        if sign == "." or index in ends:
            continue
        forged = token[:index] + ("A" if sign != "A" else "B") + token[index + 1 :]
        with pytest.raises((JoseError, ValueError)):
            verified(forged, published)


def test_a_rotated_key_signs_at_once_and_old_signatures_still_verify(
    openbao: EmbeddedOpenBao, signer: KeptSigner
) -> None:
    old = signer.sign(CLAIMS, typ=TYP)  # the signer now keeps the old key set for a minute
    administer(openbao, "transit/keys/authorizations/rotate", {})
    new = signer.sign(CLAIMS, typ=TYP)
    published = signer.jwks()
    assert kid_of(old) != kid_of(new)
    assert verified(old, published).claims == verified(new, published).claims == CLAIMS
    assert [key["kid"] for key in published["keys"]][-2:] == [kid_of(old), kid_of(new)]


def test_a_signer_knows_its_own_tokens_also_of_an_older_version(
    openbao: EmbeddedOpenBao, signer: KeptSigner, session: OpenBaoSession
) -> None:
    token, other_worker = signer.sign(CLAIMS, typ=TYP), KeptSigner(session)
    administer(openbao, "transit/keys/authorizations/rotate", {})
    newer = other_worker.sign(CLAIMS, typ=TYP)
    for known in (signer, other_worker):
        assert known.verify(token, typ=TYP) == known.verify(newer, typ=TYP) == CLAIMS


def test_a_signer_knows_no_other_tokens(signer: KeptSigner) -> None:
    """Neither a planted key nor a token of another kind passes; the database has no say in it."""
    token, forger = signer.sign(CLAIMS, typ=TYP), ECKey.generate_key("P-256")
    header, payload, signature = token.split(".")
    others = [
        "",
        "a.b.c",
        f"{header}.e30.{signature}",
        f"{header}.{payload}.",
        signed_by(forger, CLAIMS, TYP),
        signed_by(forger, CLAIMS, TYP, kid=kid_of(token)),
        signed_by(forger, CLAIMS, TYP, jwk=forger.as_dict(private=False)),
        signer.sign(CLAIMS, typ="facepay-checkpoint+jwt"),
    ]
    assert [signer.verify(other, typ=TYP) for other in others] == [None] * len(others)


def kid_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def test_signing_does_not_change_verification_elsewhere_in_the_process(
    signer: KeptSigner,
) -> None:
    signer.sign(CLAIMS, typ=TYP)
    local = ECKey.generate_key("P-256")
    token = jwt.encode({"alg": "ES256"}, {"a": 1}, local, algorithms=["ES256"])
    assert jwt.decode(token, local, algorithms=["ES256"]).claims == {"a": 1}


def test_without_openbao_nothing_is_signed(openbao: EmbeddedOpenBao, signer: KeptSigner) -> None:
    published = signer.jwks()
    openbao.stop()
    try:
        with pytest.raises(VaultUnavailable):
            signer.sign(CLAIMS, typ=TYP)
        assert signer.jwks() == published  # kept for a minute
    finally:
        openbao.start()
    assert verified(signer.sign(CLAIMS, typ=TYP), published).claims == CLAIMS

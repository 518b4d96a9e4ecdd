"""Something answers in OpenBao's place: nothing counts as done, and nothing as refused.

A load balancer redirects, a proxy sends its own page, a node is sealed or a standby. Before, every
status below 400 was success, and a receipt said that a key was destroyed that lived on.
"""

import secrets
from collections.abc import Callable, Iterator

import pytest

from facepay.adapters.openbao import OpenBaoVault
from facepay.adapters.openbao_session import OpenBaoSession
from facepay.adapters.transit_signer import TransitSigner
from facepay.domain.errors import SealBroken, VaultUnavailable
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.lying_vault import Lie, LyingVault, Target

BINDING = "row"
PAGE = b"<html><body>Welcome to the intranet</body></html>"
LIES = {
    "a redirect of a standby": Lie(307, location="http://127.0.0.1:9/v1/transit"),
    "a login page behind a redirect": Lie(302, PAGE, "text/html", "http://127.0.0.1:9/"),
    "an empty 200": Lie(200),
    "a page with 200": Lie(200, PAGE, "text/html"),
    "an empty object": Lie(200, b"{}"),
    "an answer without data": Lie(200, b'{"request_id": "1", "data": null}'),
    "data that nobody asked for": Lie(200, b'{"request_id": "1", "data": {"ok": true}}'),
    "a list": Lie(200, b"[]"),
    "accepted, to be done later": Lie(202, b'{"request_id": "1", "data": {}}'),
    "no content with a body": Lie(206, b"{}"),
    "not modified": Lie(304),
    "a proxy's own 400": Lie(400, b"<h1>400 Bad Request</h1>", "text/html"),
    "a proxy's own 403": Lie(403, b"<h1>403 Forbidden</h1>", "text/html"),
    "a proxy's own 404": Lie(404, b"<h1>404 Not Found</h1>", "text/html"),
    "a 404 of another service": Lie(404, b'{"error": "not found", "errors": []}'),
    "an empty 404": Lie(404),
    "too many requests": Lie(429, b'{"errors": ["rate limit quota exceeded"]}'),
    "a standby's health": Lie(473, b'{"errors": []}'),
    "a sealed node": Lie(503, b'{"errors": ["Vault is sealed"]}'),
    "a failed node": Lie(500, b'{"errors": ["local node not active"]}'),
}


@pytest.fixture(scope="module")
def lying(openbao: EmbeddedOpenBao) -> Iterator[LyingVault]:
    with LyingVault(openbao).running() as proxy:
        yield proxy


@pytest.fixture
def session(lying: LyingVault) -> Iterator[OpenBaoSession]:
    opened = OpenBaoSession(lying.url, role_id=lying.role_id, secret_id=lying.secret_id)
    yield opened
    opened.close()


@pytest.fixture
def behind(session: OpenBaoSession) -> OpenBaoVault:
    return OpenBaoVault(session)


@pytest.fixture
def key(behind: OpenBaoVault) -> str:
    name = secrets.token_hex(8)
    behind.create_key(name)
    return name


@pytest.fixture(params=LIES.values(), ids=LIES.keys())
def lie(request: pytest.FixtureRequest) -> Lie:
    told: Lie = request.param
    return told


Act = Callable[[OpenBaoVault, str, str], object]
CALLS: dict[str, tuple[str, str, Act]] = {
    "create": ("POST", "/keys/enrolment-", lambda vault, key, _: vault.create_key(f"{key}-2")),
    "allow deletion": ("POST", "/config", lambda vault, key, _: vault.create_key(f"{key}-3")),
    "seal": ("POST", "/encrypt/", lambda vault, key, _: vault.seal(key, b"x", binding=BINDING)),
    "unseal": ("POST", "/decrypt/", lambda v, key, text: v.unseal(key, text, binding=BINDING)),
    "hmac": ("POST", "/hmac/", lambda vault, key, _: vault.derive_secret(key)),
    "destroy": ("DELETE", "/keys/", lambda vault, key, _: vault.destroy_key(key)),
    "ask whether it is gone": ("GET", "/keys/", lambda vault, key, _: vault.destroy_key(key)),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_openbao_did_not_say_is_neither_done_nor_refused(
    lying: LyingVault, behind: OpenBaoVault, key: str, lie: Lie, call: str
) -> None:
    method, path, act = CALLS[call]
    sealed = behind.seal(key, b"template", binding=BINDING)
    with lying.answering(Target(method, path), lie), pytest.raises(VaultUnavailable):
        act(behind, key, sealed)
    if call == "destroy":
        assert bytes(behind.unseal(key, sealed, binding=BINDING)) == b"template", "the key lives"
        assert behind.destroy_key(key), "and is destroyed once OpenBao can be reached"


def test_a_deletion_that_a_proxy_acknowledged_is_no_destruction(
    lying: LyingVault, behind: OpenBaoVault, key: str
) -> None:
    with (
        lying.answering(Target("DELETE", "/keys/"), Lie(204)),
        pytest.raises(VaultUnavailable, match="still there"),
    ):
        behind.destroy_key(key)
    assert behind.destroy_key(key)
    with pytest.raises(SealBroken):
        behind.derive_secret(key)


def test_nothing_is_signed_with_what_openbao_did_not_say(
    lying: LyingVault, session: OpenBaoSession, lie: Lie
) -> None:
    published: list[object] = []
    signer = TransitSigner(session, published.append)
    with (
        lying.answering(Target("GET", "/keys/authorizations"), lie),
        pytest.raises(VaultUnavailable),
    ):
        signer.sign({"sub": "x"}, typ="test")
    assert published == [], "no key is published that OpenBao did not name"
    with lying.answering(Target("POST", "/sign/"), lie), pytest.raises(VaultUnavailable):
        signer.sign({"sub": "x"}, typ="test")


def test_no_login_comes_from_what_openbao_did_not_say(lying: LyingVault, lie: Lie) -> None:
    session = OpenBaoSession(lying.url, role_id=lying.role_id, secret_id=lying.secret_id)
    with lying.answering(Target("POST", "/login"), lie), pytest.raises(VaultUnavailable):
        OpenBaoVault(session).seal_secret(b"x", binding=BINDING)
    session.close()

"""A logged-in conversation with OpenBao (or Vault): AppRole, timeouts, and one kind of failure.

Rules:
- every request has a timeout, and every failure leaves as `VaultUnavailable` (or its child
  `RequestRefused`, which keeps the HTTP status), raised outside of the handler: an exception of
  `requests` carries the request, and with it the plaintext and the token, so none may hang on it;
- a 403 may mean that the token has expired: log in anew once, try again once;
- neither request nor response bodies are ever logged;
- proxies, netrc and VAULT_*/BAO_* variables of the environment are not consulted: where the
  secrets go is decided by the arguments alone, and redirects are not followed.

Threads share one session; connections are pooled. The first request opens it, and a process
that was forked afterwards opens its own, so build it wherever you like.

It does not know what a key or a template is: see `openbao.py` and `transit_signer.py`.
"""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hvac
import requests
from requests.adapters import HTTPAdapter

from facepay.domain.errors import VaultUnavailable
from facepay.memory_scrubbing import forget

log = logging.getLogger(__name__)

POOLED_CONNECTIONS = 32
FORBIDDEN = 403

Request = Callable[[Any], Any]


class RequestRefused(VaultUnavailable):
    """OpenBao answered a logged-in request, and the answer was no.

    `status` is the HTTP status. `explained` is whether a reason came with it: OpenBao gives none
    with the 404 of a thing that does not exist, and one with the 404 of a wrong mount or path.
    """

    def __init__(self, status: int, *, explained: bool) -> None:
        super().__init__(f"the vault refused the request with status {status}")
        self.status = status
        self.explained = explained


class OpenBaoSession:
    """One login, shared by all threads of a process."""

    def __init__(
        self,
        url: str,
        *,
        role_id: str,
        secret_id: str,
        timeout: float = 3.0,
        ca_file: Path | None = None,
        namespace: str | None = None,
    ) -> None:
        """`timeout` in seconds, for connecting and for each wait on an answer."""
        self._url = url
        self._role_id = role_id
        self._secret_id = secret_id
        self._timeout = timeout
        self._ca_file = ca_file
        self._namespace = namespace
        self._open_for_this_process()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    def call(self, request: Request) -> Any:
        """Run `request(client)` with a logged-in hvac client and return OpenBao's answer.

        `request` may run twice. Raises VaultUnavailable, RequestRefused.
        """
        if self._pid != os.getpid():
            self._open_for_this_process()
        client = self._client or self._log_in(instead_of=None)
        try:
            return _outcome(request, client)
        except RequestRefused as refusal:
            if refusal.status != FORBIDDEN:
                raise
        return _outcome(request, self._log_in(instead_of=client))

    def close(self) -> None:
        """Close the pooled connections. The next call opens new ones."""
        self._http.close()

    def _open_for_this_process(self) -> None:
        # Sockets and locks of a parent process must not be shared with it.
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._client: Any = None
        self._http = requests.Session()
        self._http.trust_env = False
        adapter = HTTPAdapter(pool_maxsize=POOLED_CONNECTIONS)
        self._http.mount("http://", adapter)
        self._http.mount("https://", adapter)

    def _client_with(self, token: str) -> Any:
        return hvac.Client(
            url=self._url,
            token=token,  # "" and not None: hvac would look into the environment and ~/.vault-token
            session=self._http,
            verify=str(self._ca_file) if self._ca_file else True,
            timeout=self._timeout,
            allow_redirects=False,
            namespace=self._namespace,
        )

    def _log_in(self, *, instead_of: Any) -> Any:
        """Replace `instead_of`, unless another thread has done so in the meantime."""
        if not self._lock.acquire(timeout=self._timeout):
            raise VaultUnavailable("another login to the vault is still waiting")
        try:
            if self._client is None or self._client is instead_of:
                self._client = self._client_with(self._new_token())
                log.info("logged in to the vault at %s", self._url)
            return self._client
        finally:
            self._lock.release()

    def _new_token(self) -> str:
        try:
            answer = _outcome(
                lambda client: client.auth.approle.login(
                    role_id=self._role_id, secret_id=self._secret_id, use_token=False
                ),
                self._client_with(""),
            )
        except RequestRefused:
            # A refused login says nothing about keys: it must not look like an answer about one.
            raise VaultUnavailable("the vault refused the login") from None
        return text_in(answer, "auth", "client_token")


def text_in(answer: Any, *path: str) -> str:
    """The text at `path` of an answer; anything else there is no answer of OpenBao's."""
    found = answer
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise VaultUnavailable("the vault sent an answer of an unknown form")
    return found


def _outcome(request: Request, client: Any) -> Any:
    # Raising after the handler, not inside it, keeps the foreign exception out of __context__; and
    # it is forgotten, because urllib3's hang on to everybody who called them.
    try:
        return request(client)
    except hvac.exceptions.VaultError as error:
        failure = _refusal(error)
        forget(error)
    except (requests.RequestException, OSError, ValueError) as error:
        failure = VaultUnavailable("the vault did not answer")
        forget(error)
    raise failure


def _refusal(error: Any) -> VaultUnavailable:
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return RequestRefused(status, explained=error.errors != [])
    return VaultUnavailable("the vault could not answer")


_STATUSES: dict[type[Any], int] = {
    hvac.exceptions.InvalidRequest: 400,
    hvac.exceptions.Forbidden: FORBIDDEN,
    hvac.exceptions.InvalidPath: 404,
}

"""Send requests to OpenBao (or Vault) with an AppRole login.

Rules:
- Every request has a timeout. Every failure becomes `VaultUnavailable` or its subclass
  `RequestRefused`, which keeps the HTTP status. Both are raised outside of the handler, because an
  exception of `requests` holds the request with the plaintext and the token.
- A 403 may mean that the token has expired: log in once and repeat the request once.
- Neither request bodies nor response bodies are logged.
- Only the arguments decide where secrets are sent: proxies, netrc and VAULT_*/BAO_* variables are
  ignored, and redirects are not followed.

Threads share one session and its pool of connections. The first request opens the session. A forked
process opens its own, so the session may be created before the fork.

Keys and templates are the subject of `openbao.py` and `transit_signer.py`.
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
    """Signal that OpenBao refused a logged-in request.

    `status` is the HTTP status. `explained` is whether the answer had a reason: OpenBao gives none
    with the 404 of a missing key, and one with the 404 of a wrong mount or path.
    """

    def __init__(self, status: int, *, explained: bool) -> None:
        super().__init__(f"OpenBao refused the request with status {status}")
        self.status = status
        self.explained = explained


class OpenBaoSession:
    """One login, which all threads of a process share."""

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
        """Set address and login; `timeout` in seconds limits connecting and each wait for data."""
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
        """Call `request(client)` with a logged-in hvac client and return OpenBao's answer.

        `request` may be called twice. Raises VaultUnavailable, RequestRefused.
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
        # A forked process must not share sockets and locks with its parent.
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
            token=token,  # "", because hvac reads the environment and ~/.vault-token for None
            session=self._http,
            verify=str(self._ca_file) if self._ca_file else True,
            timeout=self._timeout,
            allow_redirects=False,
            namespace=self._namespace,
        )

    def _log_in(self, *, instead_of: Any) -> Any:
        """Replace `instead_of`, unless another thread has done so in the meantime."""
        if not self._lock.acquire(timeout=self._timeout):
            raise VaultUnavailable("another login to OpenBao is still waiting")
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
            # A refused login says nothing about keys, so it must not be taken for such an answer.
            raise VaultUnavailable("OpenBao refused the login") from None
        return text_in(answer, "auth", "client_token")


def text_in(answer: Any, *path: str) -> str:
    """Return the text at `path` of an answer. Raises VaultUnavailable when there is none."""
    found = answer
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise VaultUnavailable("OpenBao sent an answer of an unknown form")
    return found


def _outcome(request: Request, client: Any) -> Any:
    # Raising after the handler keeps the foreign exception out of __context__. Its frames are
    # cleared, because urllib3's exceptions keep references to the frames of their callers.
    try:
        return request(client)
    except hvac.exceptions.VaultError as error:
        failure = _refusal(error)
        forget(error)
    except (requests.RequestException, OSError, ValueError) as error:
        failure = VaultUnavailable("OpenBao did not answer")
        forget(error)
    raise failure


def _refusal(error: Any) -> VaultUnavailable:
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return RequestRefused(status, explained=error.errors != [])
    return VaultUnavailable("OpenBao could not answer")


_STATUSES: dict[type[Any], int] = {
    hvac.exceptions.InvalidRequest: 400,
    hvac.exceptions.Forbidden: FORBIDDEN,
    hvac.exceptions.InvalidPath: 404,
}

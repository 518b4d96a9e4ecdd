"""Send requests to OpenBao (or Vault) with an AppRole login.

Rules:
- Every request has a timeout. Every failure becomes `VaultUnavailable` or its subclass
  `RequestRefused`, which keeps the HTTP status. Both are raised outside of the handler, because an
  exception of `requests` holds the request with the plaintext and the token.
- Only OpenBao's own answer counts, and `openbao_answers.py` knows its forms. A redirect, an empty
  body where there should be data, or a page of a proxy is `VaultUnavailable`: neither done nor
  refused.
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
from typing import Any, TypeVar

import hvac
import requests
from hvac.adapters import RawAdapter
from requests.adapters import HTTPAdapter

from facepay.adapters.openbao_answers import FORBIDDEN, Answer, RequestRefused, token_in
from facepay.domain.errors import VaultUnavailable
from facepay.memory_scrubbing import forget

log = logging.getLogger(__name__)

POOLED_CONNECTIONS = 32

Request = Callable[[Any], Any]
Content = TypeVar("Content")


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

    def call(self, request: Request, content: Callable[[Answer], Content]) -> Content:
        """Call `request(client)` with a logged-in hvac client; return the content of the answer.

        `content` takes OpenBao's answer to this request and raises for anything else. `request`
        may be called twice. Raises VaultUnavailable, RequestRefused.
        """
        if self._pid != os.getpid():
            self._open_for_this_process()
        client = self._client or self._log_in(instead_of=None)
        try:
            return _outcome(request, client, content)
        except RequestRefused as refusal:
            if refusal.status != FORBIDDEN:
                raise
        return _outcome(request, self._log_in(instead_of=client), content)

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
            # Responses come back as they are: hvac takes any status below 400 for success.
            adapter=RawAdapter,
            ignore_exceptions=True,
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
            return _outcome(
                lambda client: client.auth.approle.login(
                    role_id=self._role_id, secret_id=self._secret_id, use_token=False
                ),
                self._client_with(""),
                token_in,
            )
        except RequestRefused:
            # A refused login says nothing about keys, so it must not be taken for such an answer.
            raise VaultUnavailable("OpenBao refused the login") from None


def _outcome(request: Request, client: Any, content: Callable[[Answer], Content]) -> Content:
    # Raising after the handler keeps the foreign exception out of __context__. Its frames are
    # cleared, because urllib3's exceptions keep references to the frames of their callers.
    try:
        response = request(client)
        answer = Answer(response.status_code, response.content)
        del response  # it holds the request, with the plaintext and the token
    except (requests.RequestException, hvac.exceptions.VaultError, OSError, ValueError) as error:
        failure = VaultUnavailable("OpenBao did not answer")
        forget(error)
    else:
        return content(answer)
    raise failure

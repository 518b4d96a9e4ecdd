"""Send one event to one webhook address, signed as in Standard Webhooks 1.0.

Merchants choose the addresses, so no address is trusted:
- An address is https, and not of this machine or its networks. The sender resolves the name, checks
  every address of it, and connects to one that it checked, so a name that resolves differently in
  between (DNS rebinding) gains nothing. Rehearsals may also use http and https to loopback.
- The sender follows no redirects, uses no proxy of the environment, and reads only the status of
  the answer. It closes the connection without reading the body.
- Connecting takes at most 10 s, and everything after it at most 10 s more, also when a receiver
  sends one byte now and then. That is less than the lease of a delivery.

The signature has the real time, also when a rehearsal has moved the service's clock, because
receivers compare it with their own clock.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from standardwebhooks import Webhook

from facepay.domain.errors import InvalidRequest
from facepay.domain.webhook import ADDRESS_NOT_ALLOWED, NO_ANSWER

TIMEOUT_S = 10.0
RESOLVED_WITHIN_S = 5.0
_PLAIN = re.compile(r"[!-~]+")  # ASCII without spaces and controls
_PORTS = {"http": 80, "https": 443}
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        # These embed another address, which was not checked: 6to4 and its relays, Teredo, NAT64
        # (the well-known prefix and the local one), SIIT, IPv4-compatible.
        *("2002::/16", "192.88.99.0/24", "2001::/32"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96"),
        # These are not public, although `is_global` is True for them: site-local, documentation.
        *("fec0::/10", "3fff::/20"),
    )
]

Result = TypeVar("Result")


class NotAllowed(Exception):
    """Signal an address that events may not be sent to; the text tells the merchant why."""


class HttpWebhookSender:
    """Implementation of `ports.WebhookSender`. Safe to share between threads."""

    def __init__(self, *, loopback: bool, trust: ssl.SSLContext | None = None) -> None:
        """Set `loopback` in rehearsals only: it allows this machine, also over http."""
        self._loopback = loopback
        self._trust = trust or ssl.create_default_context()

    def check(self, url: str) -> None:
        try:
            self._address_of(self._parsed(url))
        except NotAllowed as reason:
            raise InvalidRequest(str(reason), param="url") from None

    def send(self, url: str, secret: bytearray, event_id: str, body: str) -> str:
        try:
            parsed = self._parsed(url)
            address = self._address_of(parsed)
        except NotAllowed:
            return ADDRESS_NOT_ALLOWED
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facepay",
            "Webhook-Id": event_id,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": Webhook(bytes(secret)).sign(event_id, now, body),
        }
        try:
            return f"http_{self._post(parsed, address, headers, body.encode())}"
        except (OSError, ValueError, http.client.HTTPException):
            return NO_ANSWER

    def _parsed(self, url: str) -> SplitResult:
        try:
            parsed = urlsplit(url)
            port = parsed.port
        except ValueError:
            raise NotAllowed("this is not an address") from None
        named = parsed.hostname and _PLAIN.fullmatch(url) and port != 0
        if not named or parsed.fragment or parsed.username is not None:
            raise NotAllowed("give an absolute ASCII address without user and fragment")
        if parsed.scheme not in (_PORTS if self._loopback else ("https",)):
            raise NotAllowed("give an https address: events are sent over https only")
        return parsed

    def _address_of(self, parsed: SplitResult) -> str:
        """Check all addresses of the name and return the one to connect to."""
        port = parsed.port or _PORTS[parsed.scheme]
        try:
            found = _within(
                RESOLVED_WITHIN_S,
                lambda: socket.getaddrinfo(parsed.hostname, port, type=socket.SOCK_STREAM),
            )
        except (OSError, UnicodeError):
            raise NotAllowed("the name does not resolve") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(self._is_allowed(each, parsed.scheme) for each in addresses):
            raise NotAllowed("give an address on the public internet: events are sent there only")
        return addresses[0]

    def _is_allowed(self, text: str, scheme: str) -> bool:
        address = ipaddress.ip_address(text.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback:
            return self._loopback
        if scheme != "https" or not address.is_global:
            return False
        if address.is_multicast or address.is_reserved or address.is_unspecified:
            return False
        return not any(address in network for network in _NOT_PUBLIC)

    def _post(self, parsed: SplitResult, address: str, headers: dict[str, str], body: bytes) -> int:
        """Post to the checked address; TLS and the Host header use the name of the URL."""
        host, port = parsed.hostname or "", parsed.port or _PORTS[parsed.scheme]
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        connection.sock = socket.create_connection((address, port), timeout=TIMEOUT_S)
        limit = threading.Timer(TIMEOUT_S, _shut_down, [connection])
        limit.daemon = True
        limit.start()
        try:
            if parsed.scheme == "https":
                secured = self._trust.wrap_socket(
                    connection.sock, server_hostname=host, do_handshake_on_connect=False
                )
                connection.sock = secured
                secured.do_handshake()
            target = f"{parsed.path or '/'}{'?' if parsed.query else ''}{parsed.query}"
            connection.request("POST", target, body, headers)
            return connection.getresponse().status
        finally:
            limit.cancel()
            connection.close()


def _shut_down(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _within(seconds: float, act: Callable[[], Result]) -> Result:
    """Call `act` with a time limit, which the resolver itself does not have.

    Raises TimeoutError, and the errors of `act`.
    """
    done: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(act())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError
    return done[0]

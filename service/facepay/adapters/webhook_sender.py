"""Sends one event to one address, signed as Standard Webhooks 1.0 has it.

An address comes from a merchant, so it is not trusted:
- https only, and no address of this machine or its networks: the name is resolved, every address
  it has is looked at, and the connection goes to the very one that was looked at, so that a name
  that changes its mind in between (DNS rebinding) gains nothing. Rehearsals may also use plain
  http, to loopback alone;
- no redirect is followed, no proxy of the environment asked, and nothing of the answer is read
  but its status: a receiver that answers a gigabyte is hung up on;
- connecting takes 10 s at most, and all the rest 10 s more, also where a receiver sends one byte
  now and then: that is less than the lease of a delivery.

The time in the signature is the real one, also where a rehearsal has turned the service's clock:
receivers compare it with theirs.
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
        # These stand for another address, which nobody looked at: 6to4 and its relays, Teredo,
        # NAT64 (everybody's prefix, a network's own), SIIT, IPv4-compatible.
        *("2002::/16", "192.88.99.0/24", "2001::/32"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96"),
        # These are of no public network, though `is_global` has not heard of it: site-local,
        # documentation.
        *("fec0::/10", "3fff::/20"),
    )
]

Result = TypeVar("Result")


class NotAllowed(Exception):
    """The address may not be asked; the text says why, in words for who registered it."""


class HttpWebhookSender:
    """Implements `ports.WebhookSender`. Safe to share between threads."""

    def __init__(self, *, loopback: bool, trust: ssl.SSLContext | None = None) -> None:
        """`loopback` is for rehearsals: this machine, and http to it, are allowed then."""
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
            raise NotAllowed("not an address") from None
        named = parsed.hostname and _PLAIN.fullmatch(url) and port != 0
        if not named or parsed.fragment or parsed.username is not None:
            raise NotAllowed("an absolute address is needed, in ASCII, without user and fragment")
        if parsed.scheme not in (_PORTS if self._loopback else ("https",)):
            raise NotAllowed("only https is sent to")
        return parsed

    def _address_of(self, parsed: SplitResult) -> str:
        """The one that is connected to, once all the name has were looked at."""
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
            raise NotAllowed("only addresses of the public internet are sent to")
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
        """To that address, in the name's own name: what TLS checks and the Host header say it."""
        host, port = parsed.hostname or "", parsed.port or _PORTS[parsed.scheme]
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        connection.sock = socket.create_connection((address, port), timeout=TIMEOUT_S)
        cut = threading.Timer(TIMEOUT_S, _hang_up, [connection])
        cut.daemon = True
        cut.start()
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
            cut.cancel()
            connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _within(seconds: float, act: Callable[[], Result]) -> Result:
    """The resolver has no time limit of its own. Raises TimeoutError, and what `act` raises."""
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

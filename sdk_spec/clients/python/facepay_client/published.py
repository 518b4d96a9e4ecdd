"""What everybody may read without a key: signing keys, the log, the notice, the error registry."""

from typing import Any

from facepay_client.answers import ErrorEntry, Leaf, Notice, read
from facepay_client.errors import UnreadableAnswer
from facepay_client.transport import Transport


class Published:
    """Any transport will do, also one without a key."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def health(self) -> str:
        """ "ok" as soon as the service takes requests."""
        return str(self._transport.get("/v1/health").get("status"))

    def jwks(self) -> dict[str, Any]:
        """The keys that verify authorizations and checkpoints (RFC 7517)."""
        return self._transport.get("/.well-known/jwks.json")

    def notice(self) -> Notice:
        return read(Notice, self._transport.get("/v1/notices/current"))

    def leaves(self, *, after: int = 0) -> list[Leaf]:
        """The leaves after number `after`, one page of them, in order."""
        page = self._transport.get("/v1/log/leaves", {"after": after}).get("leaves")
        if not isinstance(page, list):
            raise UnreadableAnswer("a page of the log without leaves")
        return [read(Leaf, leaf) for leaf in page]

    def checkpoint(self) -> str:
        """A JWS over how long the log is and how it ends; see `verify.verify_log`."""
        checkpoint = self._transport.get("/v1/log/checkpoint").get("checkpoint")
        if not isinstance(checkpoint, str):
            raise UnreadableAnswer("no checkpoint in the answer")
        return checkpoint

    def error(self, code: str) -> ErrorEntry:
        return read(ErrorEntry, self._transport.get(f"/v1/errors/{code}"))

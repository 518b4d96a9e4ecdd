"""Read what the service publishes: signing keys, the audit log, the notice, the error registry."""

from typing import Any

from facepay_client.answers import ErrorEntry, Leaf, Notice, read
from facepay_client.errors import UnreadableAnswer
from facepay_client.transport import Transport


class Published:
    """A client without a role; its transport needs no key.

    Every method raises Problem, Unreachable and UnreadableAnswer.
    """

    def __init__(self, transport: Transport) -> None:
        """Use any transport, with or without a key."""
        self._transport = transport

    def health(self) -> str:
        """Return "ok" when the service accepts requests: `GET /v1/health`."""
        return str(self._transport.get("/v1/health").get("status"))

    def jwks(self) -> dict[str, Any]:
        """Get the JWK Set (RFC 7517) that verifies signatures: `GET /.well-known/jwks.json`."""
        return self._transport.get("/.well-known/jwks.json")

    def notice(self) -> Notice:
        """Get the notice in force, to show before consent: `GET /v1/notices/current`."""
        return read(Notice, self._transport.get("/v1/notices/current"))

    def leaves(self, *, after: int = 0) -> list[Leaf]:
        """Read one page of the audit log, in order: `GET /v1/log/leaves`.

        The page holds at most 500 leaves and begins behind leaf number `after`.
        """
        page = self._transport.get("/v1/log/leaves", {"after": after}).get("leaves")
        if not isinstance(page, list):
            raise UnreadableAnswer("The answer has no list `leaves`.")
        return [read(Leaf, leaf) for leaf in page]

    def checkpoint(self) -> str:
        """Get a JWS over the length and the last hash of the log: `GET /v1/log/checkpoint`.

        Verify it with `verify_log`.
        """
        checkpoint = self._transport.get("/v1/log/checkpoint").get("checkpoint")
        if not isinstance(checkpoint, str):
            raise UnreadableAnswer("The answer has no `checkpoint`.")
        return checkpoint

    def error(self, code: str) -> ErrorEntry:
        """Read the registry entry of an error code: `GET /v1/errors/{code}`.

        Raises Problem `not_found`.
        """
        return read(ErrorEntry, self._transport.get(f"/v1/errors/{code}"))

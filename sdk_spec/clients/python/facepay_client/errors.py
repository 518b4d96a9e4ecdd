"""Errors of the client, as one tree.

    FacepayError
    ├── Problem             the service refused: an RFC 9457 problem with all of its members
    ├── Unreachable         no answer arrived, after every retry
    ├── UnreadableAnswer    an answer arrived that does not follow the protocol
    └── VerificationFailed  a signature, a claim or the audit log failed verification
        └── LogNotExtended  the audit log does not extend the checkpoint seen before

Messages carry codes and titles. They never carry a password, a code, a key or a frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class FacepayError(Exception):
    """Base of all errors of this package."""


class Unreachable(FacepayError):
    """No answer: the change may have been made. Retry with the same idempotency key."""


class UnreadableAnswer(FacepayError):
    """The service, or a proxy before it, sent something that is not of the protocol."""


class VerificationFailed(FacepayError):
    """A token or a log must not be trusted; the message names the check that failed."""


class LogNotExtended(VerificationFailed):
    """The audit log was cut or rewritten, or you were shown another one than before.

    `kept` and `shown` are the two checkpoints. Both carry the operator's signature, and together
    they are the evidence: keep both.
    """

    def __init__(self, kept: str, shown: str) -> None:
        super().__init__("the log does not extend the checkpoint that was seen before")
        self.kept = kept
        self.shown = shown


@dataclass(frozen=True)
class ProblemDetails:
    """The members of an RFC 9457 problem; sdk_spec/errors.md explains each code."""

    type: str
    title: str
    status: int
    code: str
    retryable: bool
    user_action: str
    doc_url: str
    request_id: str
    detail: str | None = None
    param: str | None = None
    guidance: str | None = None

    @classmethod
    def parse(cls, status: int, body: Mapping[str, Any]) -> "ProblemDetails":
        """Read a problem from a response body.

        Raises UnreadableAnswer when a required member is missing or has another type.
        """

        def text(name: str) -> str:
            value = body.get(name)
            if not isinstance(value, str):
                raise UnreadableAnswer(f"HTTP {status} without a readable problem.")
            return value

        def optional(name: str) -> str | None:
            return text(name) if body.get(name) is not None else None

        return cls(
            type=text("type"),
            title=text("title"),
            status=status,
            code=text("code"),
            retryable=body.get("retryable") is True,
            user_action=text("user_action"),
            doc_url=text("doc_url"),
            request_id=text("request_id"),
            detail=optional("detail"),
            param=optional("param"),
            guidance=optional("guidance"),
        )


class Problem(FacepayError):
    """A refusal by the service. Decide by `code` and `user_action`; `title` is for people."""

    def __init__(self, details: ProblemDetails) -> None:
        super().__init__(f"{details.status} {details.code}: {details.title}")
        self.details = details

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.details.status

    @property
    def code(self) -> str:
        """Key into the error registry, sdk_spec/errors.md."""
        return self.details.code

    @property
    def retryable(self) -> bool:
        """True when the same request with the same idempotency key can succeed later."""
        return self.details.retryable

    @property
    def user_action(self) -> str:
        """Key of the text that tells a person what to do next."""
        return self.details.user_action

    @property
    def guidance(self) -> str | None:
        """Key of the hint for the payer's next capture; only `capture_retry` has one."""
        return self.details.guidance

    @property
    def param(self) -> str | None:
        """The request field that was refused, if one was."""
        return self.details.param

    @property
    def request_id(self) -> str:
        """The service's id of this request; name it when you report a fault."""
        return self.details.request_id

"""What can go wrong, as one tree.

    FacepayError
    ├── Problem             the service refused: an RFC 9457 problem with all of its fields
    ├── Unreachable         no answer came, after every retry
    ├── UnreadableAnswer    an answer came that is not of the protocol
    └── VerificationFailed  a signature, a claim or the log does not hold

Messages carry codes and titles. They never carry a password, a code, a key or a frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class FacepayError(Exception):
    """The one base, for a caller that treats them alike."""


class Unreachable(FacepayError):
    """Whether the change was made is unknown: ask again with the same idempotency key."""


class UnreadableAnswer(FacepayError):
    """The service, or something between, did not speak the protocol."""


class VerificationFailed(FacepayError):
    """What was presented must not be trusted; the message says which check failed."""


@dataclass(frozen=True)
class ProblemDetails:
    """The members of an RFC 9457 problem, as sdk_spec/errors.md explains them."""

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
        """Raises UnreadableAnswer when a required member is missing or not of its type."""

        def text(name: str) -> str:
            value = body.get(name)
            if not isinstance(value, str):
                raise UnreadableAnswer(f"HTTP {status} without a readable problem")
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
    """A refusal. Decide by `code` and `user_action`; `title` and `detail` are for people."""

    def __init__(self, details: ProblemDetails) -> None:
        super().__init__(f"{details.status} {details.code}: {details.title}")
        self.details = details

    @property
    def status(self) -> int:
        return self.details.status

    @property
    def code(self) -> str:
        return self.details.code

    @property
    def retryable(self) -> bool:
        return self.details.retryable

    @property
    def user_action(self) -> str:
        return self.details.user_action

    @property
    def guidance(self) -> str | None:
        """What the payer may do better at the next try; only of `capture_retry`."""
        return self.details.guidance

    @property
    def param(self) -> str | None:
        return self.details.param

    @property
    def request_id(self) -> str:
        return self.details.request_id

"""Use a capture up, and look at its burst: the part that enrolment and payment share.

A capture is used by exactly one idempotent request, in one short commit, before any pixel is
looked at. Whatever then comes of it, it is spent; only that same request, repeated, may go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from facepay.domain.capture import Burst, Capture, CaptureState, PadOutcome, PadVerdict
from facepay.domain.errors import (
    CaptureExpired,
    CaptureRefused,
    CaptureRetry,
    NotFound,
    Refused,
    WrongState,
)
from facepay.domain.manifest import SignedManifest
from facepay.ports import ObservedFaces, UnitOfWork
from facepay.usecases.captures.verify_manifest import check_manifest
from facepay.usecases.dependencies import Dependencies, observed
from facepay.usecases.idempotency import Lease
from facepay.usecases.records.activity import note_refused_capture
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Caller
from facepay.usecases.stage_timing import timed_stage

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Frames:
    """One burst as it arrived: the manifest and the encoded pictures, in order."""

    capture_id: str
    manifest: SignedManifest
    images: list[bytes]


def find_capture(uow: UnitOfWork, caller: Caller, capture_id: str) -> Capture:
    """The caller's own capture. Raises NotFound."""
    capture = uow.captures.find(id=capture_id)
    if capture is None or capture.opened_by != caller.keyid:
        raise NotFound()
    return capture


def use_capture(deps: Dependencies, uow: UnitOfWork, lease: Lease, capture_id: str) -> Capture:
    """Mark the capture used by this claim; the caller commits.

    Raises CaptureExpired after the deadline, WrongState when it was not begun, another request used
    it, or it was cancelled.
    """
    capture = uow.captures.lock(capture_id)
    if capture is None:
        raise NotFound()
    if capture.state is CaptureState.RESERVED:
        raise WrongState("begin the capture first")
    if capture.state is CaptureState.USED and capture.used_by == lease.id:
        return capture
    if capture.state is CaptureState.USED:
        raise WrongState("a capture is good for one burst: open a new one")
    if capture.state is CaptureState.CANCELLED:
        raise WrongState("the capture was cancelled: open a new one")
    if deps.clock() >= capture.deadline:
        raise CaptureExpired()
    used = replace(capture, state=CaptureState.USED, used_by=lease.id)
    uow.captures.update(used, state=CaptureState.OPEN.value)
    return used


def look_at(
    deps: Dependencies,
    lease: Lease,
    capture: Capture,
    frames: Frames,
    look: Callable[[ObservedFaces], Result],
) -> Result:
    """Check the manifest, judge liveness, and only then let `look` see the faces.

    Pixels and landmarks are overwritten before this returns. A refusal leaves a leaf in the log,
    where its reason can be opened by the operator, and a line in the customer's activity. Raises
    what the manifest, the engine and the PAD raise.
    """
    try:
        burst = check_manifest(
            deps,
            frames.manifest,
            frames.images,
            expected=capture,
            received_at=lease.received_at,
        )
        return _judge(deps, capture, burst, look)
    except Refused as refusal:
        with deps.unit_of_work() as uow:
            note_refused_capture(deps, uow, capture)
            append_leaf(
                deps,
                uow,
                "capture.refused",
                capture=capture.id,
                code=refusal.code,
                reason=refusal.reason,
            )
            uow.commit()
        raise


def _judge(
    deps: Dependencies, capture: Capture, burst: Burst, look: Callable[[ObservedFaces], Result]
) -> Result:
    with observed(deps, burst) as faces:
        with timed_stage("pad"):
            verdict = deps.pad.judge(faces, capture.challenge)
        _require_bona_fide(verdict)
        return look(faces)


def _require_bona_fide(verdict: PadVerdict) -> None:
    if verdict.outcome is PadOutcome.RETRY:
        raise CaptureRetry(guidance=verdict.guidance, reason=verdict.reason)
    if verdict.outcome is not PadOutcome.BONA_FIDE:
        raise CaptureRefused(reason=verdict.reason)

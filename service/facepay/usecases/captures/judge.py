"""Use a capture and judge its burst: the part that enrolment and payment share.

Exactly one idempotent request uses a capture, in one short commit, before any pixel is decoded. The
capture stays used in any case; only a repetition of the same request may continue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from facepay.domain.capture import Capture, CaptureState, PadOutcome, PadVerdict
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
from facepay.usecases.captures.verify_manifest import verify_manifest
from facepay.usecases.dependencies import Dependencies, observed
from facepay.usecases.idempotency import Lease
from facepay.usecases.records.activity import record_refused_capture
from facepay.usecases.records.audit_log import append_leaf
from facepay.usecases.request import Caller
from facepay.usecases.stage_timing import timed_stage


@dataclass(frozen=True, slots=True)
class Frames:
    """One burst as it arrived: the manifest and the encoded pictures, in order."""

    capture_id: str
    manifest: SignedManifest
    images: list[bytes]


def find_capture(uow: UnitOfWork, caller: Caller, capture_id: str) -> Capture:
    """Return a capture that the caller opened. Raises NotFound."""
    capture = uow.captures.find(id=capture_id)
    if capture is None or capture.opened_by != caller.keyid:
        raise NotFound()
    return capture


def use_capture(deps: Dependencies, uow: UnitOfWork, lease: Lease, capture_id: str) -> Capture:
    """Mark the capture as used by this request; the caller commits.

    Raises NotFound; CaptureExpired after the deadline; WrongState for a capture that was not begun,
    that another request used, or that was cancelled.
    """
    capture = uow.captures.lock(capture_id)
    if capture is None:
        raise NotFound()
    if capture.state is CaptureState.RESERVED:
        raise WrongState("begin the capture first")
    if capture.state is CaptureState.USED and capture.used_by == lease.id:
        return capture
    if capture.state is CaptureState.USED:
        raise WrongState("the capture is already used: open a new one")
    if capture.state is CaptureState.CANCELLED:
        raise WrongState("the capture was cancelled: open a new one")
    if deps.clock() >= capture.deadline:
        raise CaptureExpired()
    used = replace(capture, state=CaptureState.USED, used_by=lease.id)
    uow.captures.update(used, state=CaptureState.OPEN.value)
    return used


@contextmanager
def live_faces(
    deps: Dependencies, lease: Lease, capture: Capture, frames: Frames
) -> Iterator[ObservedFaces]:
    """Verify the manifest, judge liveness, and only then hand out the observed faces.

    Pixels and landmarks are overwritten when the block is left. A refusal, also one raised inside
    the block, leaves a leaf in the audit log, whose reason only the operator can open, and an entry
    in the customer's activity.

    Raises the Refused errors of manifest, engine and PAD; FaceUnavailable.
    """
    try:
        burst = verify_manifest(
            deps,
            frames.manifest,
            frames.images,
            expected=capture,
            received_at=lease.received_at,
        )
        with observed(deps, burst) as faces:
            with timed_stage("pad"):
                verdict = deps.pad.judge(faces, capture.challenge)
            _require_bona_fide(verdict)
            yield faces
    except Refused as refusal:
        _record_refusal(deps, capture, refusal)
        raise


def _record_refusal(deps: Dependencies, capture: Capture, refusal: Refused) -> None:
    with deps.unit_of_work() as uow:
        record_refused_capture(deps, uow, capture)
        append_leaf(
            deps,
            uow,
            "capture.refused",
            capture=capture.id,
            code=refusal.code,
            reason=refusal.reason,
        )
        uow.commit()


def _require_bona_fide(verdict: PadVerdict) -> None:
    if verdict.outcome is PadOutcome.RETRY:
        raise CaptureRetry(guidance=verdict.guidance, reason=verdict.reason)
    if verdict.outcome is not PadOutcome.BONA_FIDE:
        raise CaptureRefused(reason=verdict.reason)

"""Verify the audit log, and search every file for frames and embeddings."""

from facepay_client import fetch_log
from facepay_rehearsal.demo.leak_patterns import burst_patterns
from facepay_rehearsal.demo.leak_scan import scan
from facepay_rehearsal.demo.steps import DemoRun


def log_verified(run: DemoRun) -> str:
    """Recompute the hash chain of the audit log; it must extend the checkpoint seen before."""
    published = run.actors.published
    log = fetch_log(published)
    run.kept_checkpoint.verify(log, published.jwks(), expected_issuer=run.environment.url)
    return "verified"


def nothing_left_behind(run: DemoRun) -> str:
    """Search all files of the demo for every burst that was sent."""
    taken = run.actors.camera.taken
    patterns = (pattern for shots in taken for pattern in burst_patterns(shots))
    findings = scan(run.environment.directory, patterns)
    return "clean" if not findings else f"{len(findings)} traces, {findings[0].kind} first"

"""Keep in the vault which checkpoint is the last one, by a key that exists for it alone.

OpenBao's transit engine keeps nothing but keys, so the existence of a key is what it remembers.

A checkpoint counts while its own key exists, or the key of the one before. The next one is stored,
then its key is created, then the key of the one before is destroyed. So a worker may die after any
step, and an older checkpoint that somebody puts back does not count. The start of the log has no
key: the key `begun` shows that it lies in the past.
"""

from facepay.domain.audit import Head
from facepay.domain.checkpoint import BEGUN, START, SignedEnd, anchor
from facepay.usecases.dependencies import Dependencies


def is_last(deps: Dependencies, signed: SignedEnd) -> bool:
    """Tell whether the vault knows this checkpoint as the last one. Raises VaultUnavailable.

    The first question is asked again at the end, because another worker may have moved the mark
    between the two.
    """
    return any(_is_marked(deps, end) for end in (signed.end, signed.previous, signed.end))


def mark_as_last(deps: Dependencies, signed: SignedEnd) -> None:
    """Move the mark from the checkpoint before to this one; it may be moved twice.

    Raises VaultUnavailable.
    """
    if signed.end == signed.previous:
        return
    if not _is_marked(deps, signed.end):
        deps.checkpoint_keys.create_key(anchor(signed.end))
    if not _is_marked(deps, signed.previous):
        return
    if signed.previous == START:
        deps.checkpoint_keys.create_key(BEGUN)
    else:
        deps.checkpoint_keys.destroy_key(anchor(signed.previous))


def unmark(deps: Dependencies, signed: SignedEnd, *, stored: SignedEnd) -> None:
    """Destroy the mark of a checkpoint that `stored` replaced while this worker was marking it.

    It stays while `stored` needs it: its worker destroys it. Raises VaultUnavailable.
    """
    if stored.previous != signed.end or _is_marked(deps, stored.end):
        deps.checkpoint_keys.destroy_key(anchor(signed.end))


def _is_marked(deps: Dependencies, end: Head) -> bool:
    if end == START:
        return not deps.checkpoint_keys.has_key(BEGUN)
    return deps.checkpoint_keys.has_key(anchor(end))

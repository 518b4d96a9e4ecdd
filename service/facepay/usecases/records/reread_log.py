"""Read the leaves of the audit log again, and tell whether they are what was signed.

Pages are read in transactions of their own, so that no reader holds up a payment.
"""

from facepay.domain.audit import Head, verify_chain
from facepay.domain.checkpoint import HEAD, START, LogMemory
from facepay.domain.errors import LogInconsistent
from facepay.usecases.dependencies import Dependencies

PAGE = 500  # leaves


def follow(deps: Dependencies, signed: Head, *, pages: int | None = None) -> Head:
    """Follow the chain from a signed end to the log's present end, and return where it arrived.

    With `pages`, it stops after so many pages of 500 leaves, somewhere before the end. Raises
    LogInconsistent when the log is shorter than `signed`, does not extend it, or has another head
    than its last leaf.
    """
    with deps.unit_of_work() as uow:
        head = uow.heads.find(id=HEAD) or START
    if head.size < signed.size:
        raise LogInconsistent(f"the log has {head.size} leaves, and {signed.size} were signed")
    reached = signed
    while reached.size < head.size and pages != 0:
        reached = _next_page(deps, reached, head.size)
        pages = None if pages is None else pages - 1
    if reached.size == head.size and reached != head:
        raise LogInconsistent(f"the chain does not end in the log's head at leaf {head.size}")
    return reached


def reread_one_page(deps: Dependencies, memory: LogMemory, signed: Head) -> None:
    """Read one page of the signed leaves again, and remember how far; then begin anew.

    A leaf that was signed and then edited is found after as many calls as the log has pages.

    Raises LogInconsistent.
    """
    reached = memory.reread if memory.reread.size < signed.size else START
    if reached.size < signed.size:
        reached = _next_page(deps, reached, signed.size)
    if reached.size == signed.size and reached != signed:
        raise LogInconsistent(f"the chain does not lead to the signed leaf {signed.size}")
    memory.reread = reached


def _next_page(deps: Dependencies, reached: Head, end: int) -> Head:
    limit = min(PAGE, end - reached.size)
    with deps.unit_of_work() as uow:
        leaves = uow.leaves.find_all(after_seq=reached.size, limit=limit)
    if not leaves:
        raise LogInconsistent(f"leaf {reached.size + 1} is missing")
    try:
        return verify_chain(leaves, start=reached)
    except ValueError as error:
        raise LogInconsistent(str(error)) from None

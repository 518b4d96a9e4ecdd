"""Have the C library overwrite the memory that a worker frees.

A request's bytes pass through gunicorn, werkzeug, Python, numpy and native decoders. Each makes
copies that our code cannot reach, and each frees them through glibc. glibc can fill every freed
block; it reads that setting from the environment before the program begins. The operator therefore
starts gunicorn with `ENVIRONMENT`, and the live profile does not start without it. The kernel
clears the pages that glibc returns to it.

This module does not free memory sooner. The code that uses frames, chips, embeddings and plaintexts
overwrites them itself. An exception can delay freeing; `forget` prevents that.
"""

import os
import traceback
from collections.abc import Mapping

# perturb=165 fills a freed block with 0xA5 and a fresh one with 0x5A. tcache_count=0 turns off the
# cache of small blocks, which keeps them unfilled; PYTHONMALLOC does the same for Python's objects.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
    "PYTHONMALLOC": "malloc",
}


def is_overwritten(environment: Mapping[str, str]) -> bool:
    """Return whether a program with this environment overwrites the memory that it frees."""
    return _has_glibc() and all(environment.get(name) == ENVIRONMENT[name] for name in ENVIRONMENT)


def forget(error: BaseException) -> None:
    """Clear the local variables of the finished calls in this error's traceback.

    Those variables may hold pictures and plaintexts. An error that a call keeps in a variable forms
    a cycle with its own traceback, which would keep them all until Python's garbage collector runs.
    Calls that still run keep their variables.
    """
    for each in _chained(error):
        traceback.clear_frames(each.__traceback__)


def _chained(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return found


def _has_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False

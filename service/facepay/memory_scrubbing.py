"""What a worker frees is overwritten: by the C library's allocator, for everything above it.

A request's bytes pass through gunicorn, werkzeug, Python, numpy and native decoders, and each makes
copies that none of our code can reach. All of them free their memory through glibc, which fills
every block that comes back to it when it is told so. It reads that from the environment, before the
program begins: whoever starts gunicorn sets `ENVIRONMENT`, and the live profile does not start
without it. Pages that go back to the kernel are cleared by the kernel.

It frees nothing sooner: what must not wait for that (frames, chips, embeddings, plaintexts) is
overwritten where it is used. An error would put the freeing off: `forget` is for that.
"""

import os
import traceback
from collections.abc import Mapping

# perturb: a freed block becomes 0xA5, a fresh one 0x5A. tcache_count: small blocks are not put
# aside, where they would stay as they are; PYTHONMALLOC: nor are Python's own small objects.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
    "PYTHONMALLOC": "malloc",
}


def is_overwritten(environment: Mapping[str, str]) -> bool:
    """Whether a program that was started with this environment overwrites what it frees."""
    return _has_glibc() and all(environment.get(name) == ENVIRONMENT[name] for name in ENVIRONMENT)


def forget(error: BaseException) -> None:
    """Let go of what the calls on the way to this error held in their hands: pictures, plaintexts.

    An error that one of them keeps in a variable makes a circle with its own traceback, and all of
    that would stay until Python's collector comes round. Calls that still run lose nothing.
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

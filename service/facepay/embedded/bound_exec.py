"""Becomes another program, bound to the life of the process that started it.

Run as a script, by `children.py` alone:  python -I -S bound_exec.py PARENT SIGNAL PROGRAM [ARG…]

Rules:
- when the thread that started PARENT's child ends, kill -9 included, Linux sends SIGNAL to the
  program; other systems have no such thing, there the program just starts;
- no core dumps, and what the program creates is its owner's alone.

A script of its own and not `preexec_fn`, which runs Python between fork and exec and is unsafe
as soon as the parent has threads. Standard library only; it knows nothing of facepay.
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
EX_OSERR = 71


def bind_to(parent: int, death_signal: int) -> None:
    """Have the kernel end this process with its parent, or end it now if that is gone already."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(EX_OSERR)
    # Asked after, not before: a parent that died in between can send no signal any more.
    if os.getppid() != parent:
        sys.exit(EX_OSERR)


def main(arguments: list[str]) -> None:
    parent, death_signal, program = int(arguments[0]), int(arguments[1]), arguments[2]
    bind_to(parent, death_signal)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    os.execv(program, arguments[2:])  # noqa: S606  # a shell is what we do not want


if __name__ == "__main__":
    main(sys.argv[1:])

"""Replace this process by another program that ends together with its parent process.

Only `children.py` runs this script:  python -I -S bound_exec.py PARENT SIGNAL PROGRAM [ARG…]

Rules:
- Linux sends SIGNAL to the program when the thread of PARENT that started it ends, also after
  kill -9. Other systems have no such signal; there the program is simply started.
- The program writes no core dumps, and only its owner can read the files that it creates.

This is a script, because `preexec_fn` runs Python between fork and exec and is unsafe when the
parent has threads. It uses the standard library only and imports nothing of facepay.
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
EX_OSERR = 71


def bind_to(parent: int, death_signal: int) -> None:
    """Have the kernel end this process with its parent. Exit when the parent has already ended."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(EX_OSERR)
    # Check after prctl, not before: a parent that died in between sends no signal.
    if os.getppid() != parent:
        sys.exit(EX_OSERR)


def main(arguments: list[str]) -> None:
    parent, death_signal, program = int(arguments[0]), int(arguments[1]), arguments[2]
    bind_to(parent, death_signal)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    os.execv(program, arguments[2:])  # noqa: S606  # deliberately without a shell


if __name__ == "__main__":
    main(sys.argv[1:])

"""Give up root, then become another program: PostgreSQL refuses to run as root.

Run as a script, by `postgres.py` alone:

    python -I -S unprivileged.py UID GID BOUND_EXEC PARENT SIGNAL PROGRAM [ARG…]

Linux forgets the death signal when the user changes, so `bound_exec.py` binds anew afterwards.
"""

import os
import runpy
import sys


def main(arguments: list[str]) -> None:
    uid, gid, bound_exec = int(arguments[0]), int(arguments[1]), arguments[2]
    # Read while we still may: the new user need not reach our own files.
    bind_and_become = runpy.run_path(bound_exec)["main"]
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    bind_and_become(arguments[3:])


if __name__ == "__main__":
    main(sys.argv[1:])

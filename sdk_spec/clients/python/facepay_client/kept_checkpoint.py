"""Keep the last checkpoint of the audit log in a file, and refuse a log that does not extend it.

Whoever operates the service can write a second log with valid hashes, and sign it. A party that
kept a checkpoint of the first one notices, and can show both signatures.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from facepay_client.errors import UnreadableAnswer
from facepay_client.verify import FetchedLog, VerifiedLog, verify_log


class KeptCheckpoint:
    """The last checkpoint that one party has verified. The first one is taken as it comes.

    The file is replaced in one step. One process at a time may use it.
    """

    def __init__(self, path: Path) -> None:
        """Use this file; it is made when the first log is verified."""
        self._path = path

    def read(self) -> VerifiedLog | None:
        """Return what was verified last, or None without a file.

        Raises UnreadableAnswer for a damaged file. Do not delete it: that would forget the past.
        """
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return VerifiedLog(
                int(kept["size"]), kept["hash"], int(kept["issued_at"]), kept["checkpoint"]
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise UnreadableAnswer(f"{self._path} is damaged: restore it from a copy.") from None

    def verify(
        self,
        log: FetchedLog,
        jwks: Mapping[str, Any],
        *,
        expected_issuer: str | None = None,
        expected_root_thumbprints: Collection[str] | None = None,
    ) -> VerifiedLog:
        """Verify a log as `verify_log` does and against the last checkpoint, and keep the new one.

        Raises LogNotExtended, and keeps the last checkpoint; VerificationFailed, UnreadableAnswer.
        """
        verified = verify_log(
            log.leaves,
            log.checkpoint,
            jwks,
            expected_issuer=expected_issuer,
            expected_root_thumbprints=expected_root_thumbprints,
            last_seen=self.read(),
        )
        self._write(verified)
        return verified

    def _write(self, verified: VerifiedLog) -> None:
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(verified), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

"""Public logs as a reader gets them, with the checkpoint of any key."""

import hashlib
from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey

from facepay_client import Leaf, leaf_hash
from tests.support.signing_keys import CHECKPOINT, ISSUER, NOW, signed_by


def log(count: int, kind: str = "x.y") -> list[Leaf]:
    leaves: list[Leaf] = []
    previous = hashlib.sha256(b"facepay log v1").hexdigest()
    for seq in range(1, count + 1):
        leaf = Leaf(seq, f"2026-11-23T12:00:{seq:02}.000000Z", kind, "c" * 64, previous, "")
        leaves.append(replace(leaf, hash=leaf_hash(leaf)))
        previous = leaves[-1].hash
    return leaves


def signed_checkpoint(root: ECKey, leaves: list[Leaf], **other: Any) -> str:
    """Sign the end of these leaves; `other` claims replace the true ones."""
    claims = {"iss": ISSUER, "iat": NOW, "size": len(leaves), "hash": leaves[-1].hash}
    return signed_by(root, claims | other, CHECKPOINT)

"""Manifests of an injector: altered, then chained and signed as well as possible.

`compact` signs any bytes under any header, so that a test can choose exactly what it sends.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from facepay_client import Capture, Device, Frame, KeyPair, Request, Transport
from facepay_client.capture import MANIFEST_TYP, assemble, canonical, describe
from tests.support.forgery import send


def manifest_of(capture: Capture, frames: Sequence[Frame]) -> dict[str, Any]:
    """Write an honest device's manifest of this burst."""
    return describe(capture, frames, Device())


def chained(manifest: dict[str, Any]) -> dict[str, Any]:
    """Bind the records of a manifest to each other anew."""
    previous = ""
    for record in manifest["frames"]:
        record["previous"] = previous
        previous = hashlib.sha256(canonical(record)).hexdigest()
    return manifest


def signed(manifest: Mapping[str, Any], key: KeyPair, **header: Any) -> str:
    """Make a compact JWS; `header` replaces members of the right one, None leaves one out."""
    whole = {"alg": "ES256", "typ": MANIFEST_TYP, "kid": key.keyid} | header
    kept = {name: value for name, value in whole.items() if value is not None}
    return compact(json.dumps(kept).encode(), canonical(manifest), key)


def compact(header: bytes, payload: bytes, key: KeyPair) -> str:
    message = f"{encoded(header)}.{encoded(payload)}"
    r, s = decode_dss_signature(key.private_key.sign(message.encode(), ECDSA(SHA256())))
    return f"{message}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def send_manifest(
    transport: Transport, capture_id: str, jws: str, frames: Sequence[Frame], key: str = "injected"
) -> requests.Response:
    """Send a manifest over HTTP, in a request that this client signs well."""
    body = assemble(capture_id, jws, frames)
    path = f"/v1/captures/{capture_id}/frames"
    return send(transport, Request("POST", path, body.content, body.content_type, key))

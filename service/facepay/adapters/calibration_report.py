"""Write and read a calibration as a signed file.

The file is a compact JWS (RFC 7515) with ES256 and typ `facepay-calibration+jws`.

Rules:
- The caller gives the list of trusted public keys. `kid` (RFC 7638) only selects one of them.
- A bound that does not follow from its counts makes a signed report invalid.

`domain.calibration` decides whether a report is good enough.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from facepay.domain.calibration import CalibratedModel, Calibration, Group, Measured, Protocol
from facepay.face.calibration import confidence

TYP = "facepay-calibration+jws"
ALGORITHM = "ES256"
CURVE = "P-256"
MOST_BYTES = 1_000_000
MOST_COUNTED = 10**15

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


class ReportError(ValueError):
    """Signal that a file is not a calibration report by a trusted key; the message says why."""


class KeyFileError(ValueError):
    """Signal that a file has no key of the needed kind; the message says why."""


def sign(calibration: Calibration, key: ECKey) -> str:
    """Sign the report with the P-256 private key `key` and return the compact JWS."""
    header = {"alg": ALGORITHM, "typ": TYP, "kid": key.thumbprint()}
    payload = json.dumps(_to_json(calibration), sort_keys=True, allow_nan=False).encode()
    return jws.serialize_compact(header, payload, key, [ALGORITHM])


def read_report(path: Path, trusted: Iterable[ECKey]) -> Calibration:
    """Read the calibration at `path`, signed by one of the `trusted` keys. Raises ReportError."""
    text = _read(path, ReportError).strip()
    kid = _kid(text)
    key = {key.thumbprint(): key for key in trusted}.get(kid)
    if key is None:
        raise ReportError(f"it is signed by the key {kid}, which is not trusted")
    try:
        signed = jws.deserialize_compact(text, key, [ALGORITHM])
    except (JoseError, ValueError):
        raise ReportError("its signature is wrong: it was changed after signing") from None
    if signed.headers().get("typ") != TYP:
        raise ReportError(f"it is signed, but is no calibration report: its typ is not {TYP}")
    try:
        calibration = _from_json(json.loads(signed.payload))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReportError(f"it is signed, but has an unknown form: {error}") from None
    for measured in (calibration.measured, *(group.measured for group in calibration.groups)):
        _verify_bounds(measured)
    return calibration


def read_trusted_keys(path: Path) -> list[ECKey]:
    """Read P-256 public keys from one or more PEM blocks, a JWK or a JWK Set.

    Raises KeyFileError.
    """
    text = _read(path, KeyFileError)
    try:
        if text.lstrip().startswith("{"):
            data = json.loads(text)
            keys = list(KeySet.import_key_set(data).keys) if "keys" in data else [_import(data)]
        else:
            keys = [_import(block) for block in _PEM.findall(text)]
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise KeyFileError(f"{path}: not PEM, JWK or JWK Set") from None
    found = [key for key in keys if isinstance(key, ECKey) and key.curve_name == CURVE]
    if not found or len(found) != len(keys):
        raise KeyFileError(f"{path}: give {CURVE} public keys only, at least one")
    if any(key.is_private for key in found):
        raise KeyFileError(f"{path}: this is a private key; give its public half instead")
    return found


def read_signing_key(path: Path) -> ECKey:
    """Read a P-256 private key without a passphrase from PEM or JWK. Raises KeyFileError."""
    text = _read(path, KeyFileError)
    try:
        key = _import(json.loads(text) if text.lstrip().startswith("{") else text)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise KeyFileError(
            f"{path}: not a PEM or JWK key, or the key has a passphrase; give one without"
        ) from None
    if not key.is_private or key.curve_name != CURVE:
        raise KeyFileError(f"{path}: not a {CURVE} private key; give one")
    return key


def _import(data: Any) -> ECKey:
    return ECKey.import_key(data)


def _read(path: Path, error: type[ValueError]) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise error(f"{path} is larger than {MOST_BYTES:,} bytes")
        return content.decode()
    except OSError as cause:
        raise error(f"{path}: {cause.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise error(f"{path} is not text") from None


def _kid(text: str) -> str:
    """Return the key's name from the header, before any verification."""
    try:
        return str(jws.extract_compact(text.encode()).headers()["kid"])
    except (JoseError, ValueError, TypeError, KeyError):
        raise ReportError("it is not a signed report (JWS with a kid)") from None


def _to_json(calibration: Calibration) -> dict[str, Any]:
    return asdict(calibration) | {
        "measured": _measured_to_json(calibration.measured),
        "groups": [
            {
                "grouping": group.grouping,
                "name": group.name,
                "measured": _measured_to_json(group.measured),
            }
            for group in calibration.groups
        ],
        "made_at": calibration.made_at.astimezone(UTC).isoformat(),
    }


def _measured_to_json(measured: Measured) -> dict[str, Any]:
    """Add the rates that follow from the counts, for readers without this code."""
    rates = {
        "false_match_rate": measured.false_match_rate,
        "false_non_match_rate": measured.false_non_match_rate,
    }
    return asdict(measured) | rates


def _from_json(data: dict[str, Any]) -> Calibration:
    return Calibration(
        model=CalibratedModel(**{name: str(value) for name, value in data["model"].items()}),
        protocol=Protocol(**{name: _count(value) for name, value in data["protocol"].items()}),
        data_set=str(data["data_set"]),
        pictures=_count(data["pictures"]),
        unusable=_count(data["unusable"]),
        threshold=_number(data["threshold"]),
        measured=_measured_from_json(data["measured"]),
        groups=tuple(
            Group(str(one["grouping"]), str(one["name"]), _measured_from_json(one["measured"]))
            for one in data["groups"]
        ),
        made_at=datetime.fromisoformat(data["made_at"]),
    )


def _measured_from_json(data: dict[str, Any]) -> Measured:
    return Measured(
        persons=_count(data["persons"]),
        genuine=_count(data["genuine"]),
        false_non_matches=_count(data["false_non_matches"]),
        false_non_match_rate_upper_95=_number(data["false_non_match_rate_upper_95"]),
        impostor_persons=_count(data["impostor_persons"]),
        impostor=_count(data["impostor"]),
        false_matches=_count(data["false_matches"]),
        false_match_rate_upper_95=_number(data["false_match_rate_upper_95"]),
    )


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_COUNTED:
        raise ValueError(f"a count must be a whole number from 0 to {MOST_COUNTED:.0e}")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a rate or a distance must be a finite number")
    return float(value)


def _verify_bounds(measured: Measured) -> None:
    for bound, errors, trials in (
        (measured.false_match_rate_upper_95, measured.false_matches, measured.impostor),
        (measured.false_non_match_rate_upper_95, measured.false_non_matches, measured.genuine),
    ):
        if not math.isclose(bound, confidence.upper_bound(errors, trials), rel_tol=1e-6):
            raise ReportError("it contradicts itself: a bound does not follow from its counts")

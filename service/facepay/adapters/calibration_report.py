"""A calibration as a signed file: compact JWS (RFC 7515), ES256, typ `facepay-calibration+jws`.

Rules: who may vouch for a calibration is a list of public keys that the reader brings; `kid` (RFC
7638) only says which of them to try. A report that was signed but contradicts itself, a bound that
its counts do not give, is no report. Whether it is good enough is for `domain.calibration`.
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
    """This is not a calibration report by a trusted key; the message says what is wrong."""


class KeyFileError(ValueError):
    """There is no key of the kind needed in this file; the message says what is wrong."""


def sign(calibration: Calibration, key: ECKey) -> str:
    """The report by the private key `key` of P-256."""
    header = {"alg": ALGORITHM, "typ": TYP, "kid": key.thumbprint()}
    payload = json.dumps(_to_json(calibration), sort_keys=True, allow_nan=False).encode()
    return jws.serialize_compact(header, payload, key, [ALGORITHM])


def read_report(path: Path, trusted: Iterable[ECKey]) -> Calibration:
    """The calibration in the file at `path`. Raises ReportError."""
    text = _read(path, ReportError).strip()
    kid = _kid(text)
    key = {key.thumbprint(): key for key in trusted}.get(kid)
    if key is None:
        raise ReportError(f"it is signed by the key {kid}, which is not a trusted one")
    try:
        signed = jws.deserialize_compact(text, key, [ALGORITHM])
    except (JoseError, ValueError):
        raise ReportError("it is not what was signed: its signature does not fit it") from None
    if signed.headers().get("typ") != TYP:
        raise ReportError(f"it is signed, but not as a report: its typ is not {TYP}")
    try:
        calibration = _from_json(json.loads(signed.payload))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReportError(f"it is signed, but its form is unknown: {error}") from None
    for measured in (calibration.measured, *(group.measured for group in calibration.groups)):
        _verify_bounds(measured)
    return calibration


def read_trusted_keys(path: Path) -> list[ECKey]:
    """Public keys from PEM, one or several, a JWK or a JWK Set. Raises KeyFileError."""
    text = _read(path, KeyFileError)
    try:
        if text.lstrip().startswith("{"):
            told = json.loads(text)
            keys = list(KeySet.import_key_set(told).keys) if "keys" in told else [_import(told)]
        else:
            keys = [_import(block) for block in _PEM.findall(text)]
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise KeyFileError(f"{path}: not PEM, JWK or JWK Set") from None
    found = [key for key in keys if isinstance(key, ECKey) and key.curve_name == CURVE]
    if not found or len(found) != len(keys):
        raise KeyFileError(f"{path}: public keys of {CURVE} are needed, and nothing else")
    if any(key.is_private for key in found):
        raise KeyFileError(f"{path}: a private key does not belong here; keep its public half")
    return found


def read_signing_key(path: Path) -> ECKey:
    """A private key from PEM or JWK, without a passphrase. Raises KeyFileError."""
    text = _read(path, KeyFileError)
    try:
        key = _import(json.loads(text) if text.lstrip().startswith("{") else text)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise KeyFileError(f"{path}: not a key without a passphrase, PEM or JWK") from None
    if not key.is_private or key.curve_name != CURVE:
        raise KeyFileError(f"{path}: a private key of {CURVE} is needed")
    return key


def _import(told: Any) -> ECKey:
    return ECKey.import_key(told)


def _read(path: Path, error: type[ValueError]) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise error(f"{path} is too large")
        return content.decode()
    except OSError as cause:
        raise error(f"{path}: {cause.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise error(f"{path} is not text") from None


def _kid(text: str) -> str:
    """What the header says about the key, unverified."""
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
    """With the rates that the counts give, for whoever reads the report without this code."""
    rates = {
        "false_match_rate": measured.false_match_rate,
        "false_non_match_rate": measured.false_non_match_rate,
    }
    return asdict(measured) | rates


def _from_json(told: dict[str, Any]) -> Calibration:
    return Calibration(
        model=CalibratedModel(**{name: str(value) for name, value in told["model"].items()}),
        protocol=Protocol(**{name: _count(value) for name, value in told["protocol"].items()}),
        data_set=str(told["data_set"]),
        pictures=_count(told["pictures"]),
        unusable=_count(told["unusable"]),
        threshold=_number(told["threshold"]),
        measured=_measured_from_json(told["measured"]),
        groups=tuple(
            Group(str(one["grouping"]), str(one["name"]), _measured_from_json(one["measured"]))
            for one in told["groups"]
        ),
        made_at=datetime.fromisoformat(told["made_at"]),
    )


def _measured_from_json(told: dict[str, Any]) -> Measured:
    return Measured(
        persons=_count(told["persons"]),
        genuine=_count(told["genuine"]),
        false_non_matches=_count(told["false_non_matches"]),
        false_non_match_rate_upper_95=_number(told["false_non_match_rate_upper_95"]),
        impostor_persons=_count(told["impostor_persons"]),
        impostor=_count(told["impostor"]),
        false_matches=_count(told["false_matches"]),
        false_match_rate_upper_95=_number(told["false_match_rate_upper_95"]),
    )


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_COUNTED:
        raise ValueError("a count is a whole number, and not an absurd one")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a rate or a distance is a finite number")
    return float(value)


def _verify_bounds(measured: Measured) -> None:
    for told, errors, trials in (
        (measured.false_match_rate_upper_95, measured.false_matches, measured.impostor),
        (measured.false_non_match_rate_upper_95, measured.false_non_matches, measured.genuine),
    ):
        if not math.isclose(told, confidence.upper_bound(errors, trials), rel_tol=1e-6):
            raise ReportError("it contradicts itself: a bound is not what its counts give")

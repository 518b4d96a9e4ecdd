"""Find the face threshold in force. Without a calibration report that supports one, do not start.

The live profile accepts only a report that the operator's own keys signed. The rehearsal profile
uses the report of this version by default (policy/README.md); it says nothing about the cameras and
customers of an operator. Both reports must be for the model in use and must meet the policy. Every
error says what to do.
"""

from pathlib import Path

from facepay.adapters.calibration_report import (
    KeyFileError,
    ReportError,
    read_report,
    read_trusted_keys,
)
from facepay.adapters.calibrator import calibrated_model, protocol_in_use
from facepay.config import ConfigError, Profile, Settings
from facepay.domain.calibration import CalibrationUnfit, verify_calibration
from facepay.domain.policy import Policy
from facepay.face.models.cards import ModelCard

SHIPPED_REPORT = Path(__file__).parent / "policy" / "calibration.jws"
SHIPPED_KEY = Path(__file__).parent / "policy" / "calibration-key.pem"

_MEASURE = (
    "measure the model in use with `facepay models calibrate --images DIR --pairs CSV --key "
    "operator.pem --out report.jws` on pictures of your own cameras, then set "
    "FACEPAY_CALIBRATION_REPORT and FACEPAY_CALIBRATION_KEYS"
)
_SHIPPED = "the report of this version does not fit the model in use: run `make calibrate-shipped`"


def threshold_in_force(settings: Settings, policy: Policy, card: ModelCard) -> float:
    """Return the largest distance that matches, for the model of `card`. Raises ConfigError."""
    report, keys = settings.calibration_report, settings.calibration_keys
    if settings.profile is not Profile.LIVE:
        return rehearsal_threshold(report, keys, policy, card)
    if report is None or keys is None:
        raise ConfigError(f"FACEPAY_CALIBRATION_REPORT is not set: {_MEASURE}")
    return _supported(report, keys, policy, card, _MEASURE, only_own_keys=True)


def rehearsal_threshold(
    report: Path | None, keys: Path | None, policy: Policy, card: ModelCard
) -> float:
    """Return the threshold of `report`, or of the shipped report when `report` or `keys` is None.

    The rehearsal profile and the console use it, because nobody pays there. Raises ConfigError.
    """
    if report is None or keys is None:
        return _supported(SHIPPED_REPORT, SHIPPED_KEY, policy, card, _SHIPPED)
    return _supported(report, keys, policy, card, _MEASURE)


def _supported(
    report: Path,
    keys: Path,
    policy: Policy,
    card: ModelCard,
    remedy: str,
    *,
    only_own_keys: bool = False,
) -> float:
    try:
        trusted = read_trusted_keys(keys)
        if only_own_keys:
            _verify_own({key.thumbprint() for key in trusted})
        return verify_calibration(
            read_report(report, trusted),
            expected_model=calibrated_model(card),
            expected_protocol=protocol_in_use(),
            false_match_rate_at_most=policy.false_match_rate_at_most,
        )
    except KeyFileError as error:
        problem = f"FACEPAY_CALIBRATION_KEYS: {error}"
    except (ReportError, CalibrationUnfit) as error:
        problem = f"the calibration report {report} cannot be used: {error}"
    raise ConfigError(f"{problem}; {remedy}")


def _verify_own(thumbprints: set[str]) -> None:
    """Refuse the shipped key: its private half was destroyed, so nobody vouches for it."""
    shipped = {key.thumbprint() for key in read_trusted_keys(SHIPPED_KEY)}
    if thumbprints & shipped:
        raise KeyFileError("the key of this version is for the rehearsal profile only")

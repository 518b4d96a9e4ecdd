"""A threshold must be measured, signed, and of the model that decides."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from facepay.adapters.calibration_report import sign
from facepay.adapters.calibrator import calibrated_model, protocol_in_use
from facepay.adapters.policy_file import read_policy
from facepay.bootstrap import build_dependencies
from facepay.config import SHIPPED_POLICY, ConfigError, Settings
from facepay.face.model_store import ModelStore
from facepay.face.models.cards import DEFAULT
from facepay.face_threshold import SHIPPED_KEY, SHIPPED_REPORT, threshold_in_force
from tests.fakes.calibrations import calibration, measured
from tests.fakes.environment import LIVE

POLICY = read_policy(SHIPPED_POLICY)
CARD = ModelStore().card(DEFAULT)
KEY = ECKey.generate_key("P-256")
START = "facepay models calibrate"

Start = Callable[..., float]


@pytest.fixture
def live(tmp_path: Path) -> Start:
    """Start a live profile with this report and, by default, the key that signed it."""

    def start(report: str, *, keys: str | None = None, **policy: Any) -> float:
        (tmp_path / "report.jws").write_text(report)
        (tmp_path / "keys.pem").write_text(keys or KEY.as_pem(private=False).decode())
        environment = LIVE | {
            "FACEPAY_CALIBRATION_REPORT": str(tmp_path / "report.jws"),
            "FACEPAY_CALIBRATION_KEYS": str(tmp_path / "keys.pem"),
        }
        settings = Settings.from_environment(environment)
        return threshold_in_force(settings, replace(POLICY, **policy), CARD)

    return start


def test_a_live_profile_starts_with_the_threshold_of_its_own_report(live: Start) -> None:
    assert live(sign(calibration(threshold=0.25), KEY)) == 0.25


def test_a_live_start_without_a_report_is_refused_with_the_command_to_run() -> None:
    with pytest.raises(ConfigError, match=r"FACEPAY_CALIBRATION_REPORT is not set.*" + START):
        build_dependencies(Settings.from_environment(LIVE))


def test_a_rehearsal_starts_with_the_report_that_ships() -> None:
    deps = build_dependencies(Settings.from_environment(LIVE | {"FACEPAY_PROFILE": "rehearsal"}))
    assert 0 < deps.face_distance_at_most < 0.6


def test_a_rehearsal_applies_the_same_rules_to_its_own_report(tmp_path: Path) -> None:
    (tmp_path / "report.jws").write_text(sign(calibration(), ECKey.generate_key("P-256")))
    (tmp_path / "keys.pem").write_bytes(KEY.as_pem(private=False))
    settings = replace(
        Settings.from_environment(LIVE | {"FACEPAY_PROFILE": "rehearsal"}),
        calibration_report=tmp_path / "report.jws",
        calibration_keys=tmp_path / "keys.pem",
    )
    with pytest.raises(ConfigError, match=START):
        threshold_in_force(settings, POLICY, CARD)


def test_a_live_profile_refuses_the_shipped_report(
    live: Start,
) -> None:
    with pytest.raises(ConfigError, match=rf"rehearsal profile only.*{START}"):
        live(SHIPPED_REPORT.read_text(), keys=SHIPPED_KEY.read_text())


def test_a_report_signed_by_somebody_else_is_refused(live: Start) -> None:
    with pytest.raises(ConfigError, match=rf"which is not trusted.*{START}"):
        live(sign(calibration(), ECKey.generate_key("P-256")))


def changed(report: str, change: Callable[[dict[str, Any]], None]) -> str:
    header, payload, signature = report.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    change(claims)
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{forged}.{signature}"


def test_a_threshold_raised_after_signing_is_refused(live: Start) -> None:
    forged = changed(sign(calibration(), KEY), lambda claims: claims.update(threshold=0.6))
    with pytest.raises(ConfigError, match=rf"its signature is wrong.*{START}"):
        live(forged)


@pytest.mark.parametrize("name", ["sha256", "alignment", "metric"])
def test_a_report_of_another_model_is_refused(live: Start, name: str) -> None:
    other = replace(calibrated_model(CARD), **{name: "another"})
    with pytest.raises(ConfigError, match=rf"another model: its {name} is another.*{START}"):
        live(sign(calibration(model=other), KEY))


def test_more_pictures_than_a_payment_has_do_not_count(live: Start) -> None:
    more = replace(protocol_in_use(), probes=9)
    with pytest.raises(ConfigError, match=rf"9 probe pictures.*{START}"):
        live(sign(calibration(protocol=more), KEY))


@pytest.mark.parametrize(("errors", "impostor"), [(0, 29_955), (3, 40_000), (0, 0)])
def test_a_sample_too_small_for_its_claim_is_refused(
    live: Start, errors: int, impostor: int
) -> None:
    small = measured(false_matches=errors, impostor=impostor)
    with pytest.raises(ConfigError, match=rf"impostor comparisons support.*{START}"):
        live(sign(calibration(measured=small), KEY))


def test_a_report_weaker_than_the_policy_is_refused(live: Start) -> None:
    with pytest.raises(ConfigError, match=rf"policy asks for 1e-05.*{START}"):
        live(sign(calibration(), KEY), false_match_rate_at_most=1e-5)


@pytest.mark.parametrize(("refused", "genuine"), [(21, 400), (0, 0)])
def test_a_model_that_refuses_too_many_owners_is_refused(
    live: Start, refused: int, genuine: int
) -> None:
    bad = measured(refused=refused, genuine=genuine)
    with pytest.raises(ConfigError, match=rf"false non-match rate.*{START}"):
        live(sign(calibration(measured=bad), KEY))


@pytest.mark.parametrize("keys", ["no key at all", "{}", '{"keys": []}'])
def test_a_key_file_without_keys_is_named(live: Start, keys: str) -> None:
    with pytest.raises(ConfigError, match=rf"FACEPAY_CALIBRATION_KEYS.*{START}"):
        live(sign(calibration(), KEY), keys=keys)


def test_a_private_key_among_the_trusted_ones_is_refused(live: Start) -> None:
    private = json.dumps(KEY.as_dict(private=True))
    with pytest.raises(ConfigError, match="this is a private key"):
        live(sign(calibration(), KEY), keys=private)


def test_old_and_new_keys_can_be_trusted_together(live: Start) -> None:
    new = ECKey.generate_key("P-256")
    pem = "".join(key.as_pem(private=False).decode() for key in (KEY, new))
    both = json.dumps({"keys": [key.as_dict(private=False) for key in (KEY, new)]})
    for keys in (pem, both):
        assert live(sign(calibration(), new), keys=keys) == calibration().threshold

"""Missing or unsafe settings keep the service from starting, and the message says the remedy."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from facepay import config
from facepay.config import SHIPPED_POLICY, ConfigError, Profile, Settings
from tests.fakes.environment import LIVE


def test_a_complete_live_environment_starts() -> None:
    settings = Settings.from_environment(LIVE)
    assert settings.profile is Profile.LIVE
    assert settings.policy_file == SHIPPED_POLICY
    assert settings.rehearsal_clock_file is None


def test_a_short_fingerprint_key_does_not_start() -> None:
    with pytest.raises(ConfigError, match="FINGERPRINT_KEY"):
        Settings.from_environment(LIVE | {"FACEPAY_FINGERPRINT_KEY": "short"})


@pytest.mark.parametrize("name", sorted(LIVE))
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_prevents_the_start_and_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in LIVE.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(ConfigError, match=rf"{name} is not set"):
        Settings.from_environment(environment)


def test_only_the_two_profiles_exist() -> None:
    with pytest.raises(ConfigError, match="FACEPAY_PROFILE"):
        Settings.from_environment(LIVE | {"FACEPAY_PROFILE": "debug"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACEPAY_REHEARSAL_CLOCK_FILE", "/tmp/clock"),  # noqa: S108 - never opened
        ("FACEPAY_ORIGIN", "http://pay.example"),
        ("FACEPAY_VAULT_URL", "http://vault.example:8200"),
    ],
)
def test_a_live_profile_refuses_settings_for_rehearsals(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Settings.from_environment(LIVE | {name: value})
    rehearsal = {"FACEPAY_PROFILE": "rehearsal", name: value}
    assert Settings.from_environment(LIVE | rehearsal).profile is Profile.REHEARSAL


@pytest.mark.parametrize(
    "origin",
    ["pay.example", "https://", "https://pay.example/api", "https://pay.example?x=1", "/v1"],
)
def test_an_origin_is_scheme_and_host(origin: str) -> None:
    with pytest.raises(ConfigError, match="FACEPAY_ORIGIN"):
        Settings.from_environment(LIVE | {"FACEPAY_ORIGIN": origin})


def test_a_slash_at_the_end_of_the_origin_is_accepted() -> None:
    settings = Settings.from_environment(LIVE | {"FACEPAY_ORIGIN": "https://pay.example/"})
    assert settings.origin == "https://pay.example"


@pytest.mark.parametrize("name", ["FACEPAY_CALIBRATION_REPORT", "FACEPAY_CALIBRATION_KEYS"])
def test_a_report_without_trusted_keys_prevents_the_start(name: str) -> None:
    for profile in ("live", "rehearsal"):
        with pytest.raises(ConfigError, match="set both"):
            Settings.from_environment(LIVE | {"FACEPAY_PROFILE": profile, name: "somewhere"})


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    shown = repr(Settings.from_environment(LIVE))
    assert "vault-secret" not in shown
    assert "db-secret" not in shown


def test_a_child_gets_the_very_same_settings(tmp_path: Path) -> None:
    settings = replace(
        Settings.from_environment(LIVE | {"FACEPAY_PROFILE": "rehearsal"}),
        calibration_report=tmp_path / "report.jws",
        calibration_keys=tmp_path / "operator.pem",
        vault_ca_file=tmp_path / "ca.pem",
        policy_file=tmp_path / "policy.toml",
        rehearsal_clock_file=tmp_path / "clock",
    )
    assert Settings.from_environment(settings.to_environment()) == settings


def test_every_variable_is_documented_and_every_documented_one_exists() -> None:
    documented = set(re.findall(r"^\| (FACEPAY_[A-Z_]+) +\|", config.__doc__ or "", re.MULTILINE))
    handed_on = set(Settings.from_environment(LIVE).to_environment())
    requested: set[str] = set()

    class Watching(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            requested.add(name)
            return super().get(name, default)

    Settings.from_environment(Watching(LIVE))
    assert documented == handed_on == requested


@pytest.mark.parametrize("name", ["Facepay", "-log", "log-", "a/b", "a.b", "a" * 17, " "])
def test_the_log_has_a_name_that_fits_into_a_keys(name: str) -> None:
    assert Settings.from_environment(LIVE).log_name == "facepay"
    with pytest.raises(ConfigError, match="LOG_NAME"):
        Settings.from_environment(LIVE | {"FACEPAY_LOG_NAME": name})

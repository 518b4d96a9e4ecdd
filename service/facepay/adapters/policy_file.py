"""Read a policy from a TOML file, and the consent notice that it names from the same folder."""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from facepay.domain.duress import DuressAction, DuressPolicy
from facepay.domain.face_use import Flag
from facepay.domain.policy import EarlyWarning, Notice, Policy
from facepay.domain.webhook import EventRules


def read_policy(path: Path) -> Policy:
    """Read the policy at `path` and its notice.

    Raises KeyError, TypeError or ValueError when a value is missing or out of bounds, OSError when
    a file cannot be read.
    """
    numbers = tomllib.loads(path.read_text())
    return Policy(
        version=numbers["version"],
        false_match_rate_at_most=float(numbers["false_match_rate_at_most"]),
        captures_per_intent=int(numbers["captures_per_intent"]),
        intent_lifetime=timedelta(minutes=numbers["intent_minutes"]),
        authorization_lifetime=timedelta(minutes=numbers["authorization_minutes"]),
        consent_lifetime=timedelta(days=numbers["consent_days"]),
        failures_allowed=int(numbers["failures_allowed"]),
        first_delay=timedelta(seconds=numbers["first_delay_seconds"]),
        longest_delay=timedelta(seconds=numbers["longest_delay_seconds"]),
        unknown_health_allowed=_truth(numbers["devices"], "unknown_health_allowed"),
        platform_attestation_required=_truth(numbers["devices"], "platform_attestation_required"),
        duress=_read_duress(numbers["duress"]),
        notice=_read_notice(path.parent / numbers["notice"]["file"], numbers["notice"]["version"]),
        events=_read_event_rules(numbers["events"]),
        early_warning=_read_early_warning(numbers["early_warning"]),
        checkpoint_interval=timedelta(seconds=numbers["log"]["checkpoint_seconds"]),
    )


def _read_duress(table: Mapping[str, Any]) -> DuressPolicy:
    caps = tuple(sorted((currency, int(cap)) for currency, cap in table["caps_minor"].items()))
    return DuressPolicy(DuressAction(table["action"]), caps)


def _truth(table: Mapping[str, Any], name: str) -> bool:
    value = table[name]
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be true or false")
    return value


def _read_event_rules(numbers: Mapping[str, Any]) -> EventRules:
    return EventRules(
        first_delay=timedelta(seconds=numbers["first_delay_seconds"]),
        longest_delay=timedelta(hours=numbers["longest_delay_hours"]),
        given_up_after=timedelta(days=numbers["given_up_after_days"]),
        kept_for=timedelta(days=numbers["kept_days"]),
    )


def _read_early_warning(numbers: Mapping[str, Any]) -> EarlyWarning:
    return EarlyWarning(
        many_failures=int(numbers["many_failures"]),
        failures_within=timedelta(minutes=numbers["failures_within_minutes"]),
        two_places_within=timedelta(minutes=numbers["two_places_within_minutes"]),
        hold=frozenset(map(Flag, numbers["hold"])),
    )


def _read_notice(path: Path, version: str) -> Notice:
    raw = path.read_bytes()
    return Notice(version, raw.decode(), hashlib.sha256(raw).hexdigest())

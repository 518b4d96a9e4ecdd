"""Read one frozen Settings from the environment. The service does not start without its secrets.

| variable                      | meaning |
|-------------------------------|---------|
| FACEPAY_PROFILE               | `live`, or `rehearsal` for demo, tests and development |
| FACEPAY_ORIGIN                | address that clients sign, e.g. `https://pay.example`; no path |
| FACEPAY_DATABASE_URL          | `postgresql+psycopg://…` or `sqlite:///…` |
| FACEPAY_VAULT_URL             | OpenBao or Vault, e.g. `https://vault.example:8200` |
| FACEPAY_VAULT_ROLE_ID         | AppRole role id |
| FACEPAY_VAULT_SECRET_ID       | AppRole secret id (secret) |
| FACEPAY_FINGERPRINT_KEY       | HMAC key for requests and duress codes, 32 characters (secret) |
| FACEPAY_VAULT_CA_FILE         | CA certificates for the vault, PEM; empty = the system's |
| FACEPAY_LOG_NAME              | the log's name in a vault that others share; empty = facepay |
| FACEPAY_POLICY_FILE           | policy, TOML; empty = the policy of this version |
| FACEPAY_MODEL                 | name on the card of the model; empty = dlib-resnet-v1-int8 |
| FACEPAY_MODELS                | folder of added models; empty = none |
| FACEPAY_DETECTOR_FILE         | YuNet's model file; empty = dlib's detector |
| FACEPAY_PASSIVE_FILES         | folder of passive liveness networks and their card; empty = none |
| FACEPAY_CALIBRATION_REPORT    | signed report that gives the face threshold; `live` needs it |
| FACEPAY_CALIBRATION_KEYS      | public keys trusted to sign a report, PEM or JWK set |
| FACEPAY_REHEARSAL_CLOCK_FILE  | file with the seconds to add to the clock; `live` refuses it |
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from facepay.face.models.cards import DEFAULT as DEFAULT_MODEL

PREFIX = "FACEPAY_"
SHORTEST_KEY = 32
DEFAULT_LOG_NAME = "facepay"
SHIPPED_POLICY = Path(__file__).parent / "policy" / "2026-11.toml"

_LOG_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?")


class Profile(StrEnum):
    LIVE = "live"
    REHEARSAL = "rehearsal"


class ConfigError(ValueError):
    """Signal a setting that is missing or contradicts the profile.

    The message names the setting and says what to do.
    """


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings. Creating one raises ConfigError when a setting breaks a rule."""

    profile: Profile
    origin: str
    database_url: str = field(repr=False)
    vault_url: str
    vault_role_id: str
    vault_secret_id: str = field(repr=False)
    fingerprint_key: str = field(repr=False)
    vault_ca_file: Path | None = None
    log_name: str = DEFAULT_LOG_NAME
    policy_file: Path = SHIPPED_POLICY
    model: str = DEFAULT_MODEL
    models: Path | None = None
    detector_file: Path | None = None
    passive_files: Path | None = None
    calibration_report: Path | None = None
    calibration_keys: Path | None = None
    rehearsal_clock_file: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.origin)
        if not parts.scheme or not parts.netloc or parts.path or parts.query:
            raise ConfigError(
                f"{PREFIX}ORIGIN must have a scheme and a host only, e.g. https://pay.example"
            )
        if len(self.fingerprint_key) < SHORTEST_KEY:
            raise ConfigError(
                f"{PREFIX}FINGERPRINT_KEY has less than {SHORTEST_KEY} characters: set a longer one"
            )
        if not _LOG_NAME.fullmatch(self.log_name):
            raise ConfigError(
                f"{PREFIX}LOG_NAME may have 16 lower-case letters, digits and hyphens: change it"
            )
        if (self.calibration_report is None) != (self.calibration_keys is None):
            raise ConfigError(
                f"{PREFIX}CALIBRATION_REPORT and {PREFIX}CALIBRATION_KEYS go together: set both"
            )
        if self.profile is Profile.LIVE:
            self._require_live()

    def _require_live(self) -> None:
        if self.rehearsal_clock_file is not None:
            raise ConfigError(
                f"{PREFIX}REHEARSAL_CLOCK_FILE is for the rehearsal profile only: unset it"
            )
        for name, url in (("ORIGIN", self.origin), ("VAULT_URL", self.vault_url)):
            if urlsplit(url).scheme != "https":
                raise ConfigError(
                    f"{PREFIX}{name} must be an https address in the live profile: change it"
                )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables.

        Raises ConfigError, which names the first variable that is missing or wrong.
        """
        needed = partial(_needed, environment)

        def path(name: str) -> Path | None:
            value = environment.get(PREFIX + name, "")
            return Path(value) if value else None

        try:
            profile = Profile(needed("PROFILE"))
        except ValueError as error:
            raise ConfigError(f"{PREFIX}PROFILE: {error}") from None
        return cls(
            profile=profile,
            origin=needed("ORIGIN").rstrip("/"),
            database_url=needed("DATABASE_URL"),
            vault_url=needed("VAULT_URL"),
            vault_role_id=needed("VAULT_ROLE_ID"),
            vault_secret_id=needed("VAULT_SECRET_ID"),
            fingerprint_key=needed("FINGERPRINT_KEY"),
            vault_ca_file=path("VAULT_CA_FILE"),
            log_name=environment.get(PREFIX + "LOG_NAME", "") or DEFAULT_LOG_NAME,
            policy_file=path("POLICY_FILE") or SHIPPED_POLICY,
            model=environment.get(PREFIX + "MODEL", "") or DEFAULT_MODEL,
            models=path("MODELS"),
            detector_file=path("DETECTOR_FILE"),
            passive_files=path("PASSIVE_FILES"),
            calibration_report=path("CALIBRATION_REPORT"),
            calibration_keys=path("CALIBRATION_KEYS"),
            rehearsal_clock_file=path("REHEARSAL_CLOCK_FILE"),
        )

    def to_environment(self) -> dict[str, str]:
        """Return environment variables that give a child process the same settings."""
        values = {
            "PROFILE": self.profile.value,
            "ORIGIN": self.origin,
            "DATABASE_URL": self.database_url,
            "VAULT_URL": self.vault_url,
            "VAULT_ROLE_ID": self.vault_role_id,
            "VAULT_SECRET_ID": self.vault_secret_id,
            "FINGERPRINT_KEY": self.fingerprint_key,
            "VAULT_CA_FILE": str(self.vault_ca_file or ""),
            "LOG_NAME": self.log_name,
            "POLICY_FILE": str(self.policy_file),
            "MODEL": self.model,
            "MODELS": str(self.models or ""),
            "DETECTOR_FILE": str(self.detector_file or ""),
            "PASSIVE_FILES": str(self.passive_files or ""),
            "CALIBRATION_REPORT": str(self.calibration_report or ""),
            "CALIBRATION_KEYS": str(self.calibration_keys or ""),
            "REHEARSAL_CLOCK_FILE": str(self.rehearsal_clock_file or ""),
        }
        return {PREFIX + name: value for name, value in values.items()}


def database_url(environment: Mapping[str, str]) -> str:
    """Return the address of the database, which is all that a migration needs.

    Raises ConfigError.
    """
    return _needed(environment, "DATABASE_URL")


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(PREFIX + name, "")
    if not value:
        raise ConfigError(f"{PREFIX}{name} is not set: facepay needs it to start")
    return value

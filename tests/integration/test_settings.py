"""Settings take effect in the real gunicorn and on the console."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gunicorn.app.wsgiapp import WSGIApplication
from joserfc.jwk import ECKey

from facepay import gunicorn_conf, memory_scrubbing
from facepay.adapters.policy_file import read_policy
from facepay.config import SHIPPED_POLICY
from facepay.domain.policy import Policy

LIVE = {
    "FACEPAY_PROFILE": "live",
    "FACEPAY_ORIGIN": "https://pay.example",
    "FACEPAY_DATABASE_URL": "sqlite:///never-opened.db",
    "FACEPAY_VAULT_URL": "https://vault.example:8200",
    "FACEPAY_VAULT_ROLE_ID": "role",
    "FACEPAY_VAULT_SECRET_ID": "vault-secret",
}
BIN = Path(sys.executable).parent


def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / program), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_gunicorn_refuses_to_start_without_a_secret_and_names_it(tmp_path: Path) -> None:
    environment = {name: text for name, text in LIVE.items() if "SECRET" not in name}
    arguments = ["-c", "python:facepay.gunicorn_conf", "--bind", "127.0.0.1:0"]
    arguments += ["--chdir", str(tmp_path), "facepay.bootstrap:create_wsgi()"]
    ended = run("gunicorn", *arguments, **environment)
    assert ended.returncode != 0
    assert "FACEPAY_VAULT_SECRET_ID is not set" in ended.stdout + ended.stderr


def test_gunicorn_refuses_live_with_an_allocator_that_keeps_freed_memory(tmp_path: Path) -> None:
    environment = LIVE | {"FACEPAY_FINGERPRINT_KEY": "k" * 32}
    arguments = ["-c", "python:facepay.gunicorn_conf", "--bind", "127.0.0.1:0"]
    arguments += ["--chdir", str(tmp_path), "facepay.bootstrap:create_wsgi()"]
    ended = run("gunicorn", *arguments, **environment)
    assert ended.returncode != 0
    for name, value in memory_scrubbing.ENVIRONMENT.items():
        assert f"{name}={value}" in ended.stdout + ended.stderr


def test_the_console_does_not_run_without_a_secret() -> None:
    environment = {name: text for name, text in LIVE.items() if "SECRET" not in name}
    ended = run("facepay", "sweep", **environment)
    assert ended.returncode != 0
    assert "FACEPAY_VAULT_SECRET_ID is not set" in ended.stderr


def test_a_migration_needs_the_database_alone(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/facepay.db"
    assert run("facepay", "migrate", FACEPAY_DATABASE_URL=address).returncode == 0
    refused = run("facepay", "migrate", **(LIVE | {"FACEPAY_DATABASE_URL": ""}))
    assert "FACEPAY_DATABASE_URL is not set" in refused.stderr


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("operator add operator.pem", ""),
        ("deliver --once", "Attempts: 0"),
        ("templates renew", "Renewed: 0"),
        ("sweep", "vault_unavailable"),
        ("log check", "vault_unavailable"),
        ("log accept --yes", "vault_unavailable"),
        ("faces revoke-cohort oa_1", "not_found"),
    ],
)
def test_the_console_needs_no_calibration_report(
    tmp_path: Path, command: str, outcome: str
) -> None:
    """These commands see no face. Without a report, no worker of a live service starts."""
    environment = LIVE | {"FACEPAY_DATABASE_URL": f"sqlite:///{tmp_path}/facepay.db"}
    environment |= {"FACEPAY_FINGERPRINT_KEY": "k" * 32, "FACEPAY_VAULT_URL": "https://127.0.0.1:9"}
    run("facepay", "migrate", **environment)
    key = tmp_path / "operator.pem"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    ended = run("facepay", *command.replace("operator.pem", str(key)).split(), **environment)
    assert outcome in ended.stdout + ended.stderr
    assert ended.returncode == ("_" in outcome), ended.stderr


def test_gunicorn_understands_every_setting_we_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    location = "python:facepay.gunicorn_conf"
    monkeypatch.setattr(sys, "argv", ["gunicorn", "-c", location, "facepay.bootstrap:x()"])
    in_force = WSGIApplication().cfg
    ours = {n: v for n, v in vars(gunicorn_conf).items() if not n.startswith("_")}
    ours["forwarder_headers"] = []  # gunicorn reads the empty string as an empty list
    assert {name: in_force.settings[name].get() for name in ours} == ours


def test_the_access_log_has_no_query_no_header_and_no_body() -> None:
    logged = gunicorn_conf.access_log_format
    for revealing in ("%(r)s", "%(q)s", "%(f)s", "%(a)s", "%(h)s", "%(u)s", "}i)s", "}e)s"):
        assert revealing not in logged


def test_the_application_is_built_in_each_worker_after_the_fork() -> None:
    assert gunicorn_conf.preload_app is False
    assert gunicorn_conf.workers >= 2


def test_what_the_master_imports_opens_nothing_and_starts_no_thread() -> None:
    """A thread, a socket or a lock that is held would not survive the fork of a worker."""
    script = """
import os, threading
from facepay import gunicorn_conf
opened = set(os.listdir("/proc/self/fd"))
gunicorn_conf.on_starting(None)
assert threading.active_count() == 1, threading.enumerate()
assert len(os.listdir("/proc/self/task")) == 1, "a library started a thread"
left = set(os.listdir("/proc/self/fd")) - opened
assert not [each for each in left if "socket" in os.readlink(f"/proc/self/fd/{each}")]
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def shipped_policy_with(tmp_path: Path, before: str, after: str) -> Path:
    text = SHIPPED_POLICY.read_text()
    assert before in text
    changed = tmp_path / "policy.toml"
    changed.write_text(text.replace(before, after))
    notice = read_policy(SHIPPED_POLICY).notice
    (tmp_path / f"notice-{notice.version}.md").write_text(notice.text)
    return changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("false_match_rate_at_most = 1e-4", "false_match_rate_at_most = 1e-3"),
        ("failures_allowed = 5", "failures_allowed = 50"),
        ("first_delay_seconds = 30", "first_delay_seconds = 1"),
        ("captures_per_intent = 3", ""),
        ("[notice]", "[another]"),
    ],
)
def test_a_lax_or_incomplete_policy_prevents_the_start(
    tmp_path: Path, before: str, after: str
) -> None:
    with pytest.raises((ValueError, KeyError)):
        read_policy(shipped_policy_with(tmp_path, before, after))


def test_a_stricter_policy_is_accepted(tmp_path: Path) -> None:
    stricter = shipped_policy_with(tmp_path, "failures_allowed = 5", "failures_allowed = 3")
    policy: Policy = read_policy(stricter)
    assert policy.failures_allowed == 3


def test_the_guide_sets_the_required_environment_of_gunicorn() -> None:
    guide = (Path(__file__).parents[2] / "infra" / "README.md").read_text()
    for name, value in memory_scrubbing.ENVIRONMENT.items():
        assert f"{name}={value} " in guide

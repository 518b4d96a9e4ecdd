"""Fakes and adapters match their ports; otherwise the unit tests would show nothing."""

import inspect
from datetime import datetime
from typing import Any, get_type_hints

import pytest

from facepay import ports
from facepay.adapters import (
    attestation,
    clocks,
    device_keys,
    dlib_face,
    no_faces,
    node_signer,
    one_time_codes,
    openbao,
    passwords,
    transit_signer,
    webhook_sender,
)
from facepay.adapters.delivery_repository import SqlDeliveries
from facepay.adapters.repositories import SqlRepository
from facepay.adapters.unit_of_work import Database, SqlUnitOfWork
from facepay.face.observe import Observation
from tests.fakes import receivers, root, senses, vault

IMPLEMENTATIONS: list[tuple[type, type]] = [
    (ports.TemplateVault, openbao.OpenBaoVault),
    (ports.TemplateVault, vault.FakeVault),
    (ports.SecretVault, openbao.OpenBaoVault),
    (ports.SecretVault, vault.FakeVault),
    (ports.Signer, transit_signer.TransitSigner),
    (ports.Signer, node_signer.NodeSigner),
    (ports.Signer, vault.FakeSigner),
    (ports.Signer, root.SoftwareRoot),
    (ports.RootSigner, transit_signer.TransitSigner),
    (ports.RootSigner, vault.FakeSigner),
    (ports.RootSigner, root.SoftwareRoot),
    (ports.CheckpointKeys, openbao.OpenBaoVault),
    (ports.CheckpointKeys, vault.FakeVault),
    (ports.FaceEngine, no_faces.NoFaces),
    (ports.FaceEngine, dlib_face.DlibFaceEngine),
    (ports.FaceEngine, senses.FakeEngine),
    (ports.PadDetector, no_faces.NoFaces),
    (ports.PadDetector, dlib_face.SignalsPadDetector),
    (ports.PadDetector, senses.FakePad),
    (ports.Attestation, no_faces.NoFaces),
    (ports.Attestation, attestation.RegisteredKeyAttestation),
    (ports.Attestation, senses.FakeAttestation),
    (ports.ObservedFaces, Observation),
    (ports.ObservedFaces, senses.FakeFaces),
    (ports.WebhookSender, webhook_sender.HttpWebhookSender),
    (ports.WebhookSender, receivers.FakeWebhooks),
    (ports.Passwords, passwords.Argon2Passwords),
    (ports.Passwords, senses.FakePasswords),
    (ports.OneTimeCodes, one_time_codes.TotpCodes),
    (ports.OneTimeCodes, senses.FakeCodes),
    (ports.DeviceKeys, device_keys.JoseDeviceKeys),
    (ports.DeviceKeys, senses.FakeDeviceKeys),
    (ports.Clock, clocks.RehearsalClock),
    (ports.Clock, senses.FakeClock),
    (ports.Repository, SqlRepository),
    (ports.Deliveries, SqlDeliveries),
    (ports.UnitOfWork, SqlUnitOfWork),
]


def declared(port: type) -> dict[str, Any]:
    """Return the methods and properties that a port declares."""
    return {
        name: member
        for name, member in vars(port).items()
        if (callable(member) or isinstance(member, property))
        and (not name.startswith("_") or name == "__call__")
    }


def signature(member: Any) -> tuple[object, ...]:
    function = member.fget if isinstance(member, property) else member
    parameters = inspect.signature(function).parameters.values()
    return (
        isinstance(member, property),
        [(each.name, each.kind, each.default) for each in parameters],
    )


@pytest.mark.parametrize(
    ("port", "implementation"),
    IMPLEMENTATIONS,
    ids=[f"{port.__name__}-{made.__name__}" for port, made in IMPLEMENTATIONS],
)
def test_every_method_of_the_port_is_there_with_the_same_signature(
    port: type, implementation: type
) -> None:
    members = declared(port)
    assert members
    for name, member in members.items():
        made = inspect.getattr_static(implementation, name)
        assert signature(made) == signature(member), name
        if port not in (
            ports.Repository,
            ports.Deliveries,
        ):  # there, the types are those of a type variable
            assert types_of(made) == types_of(member), name


def types_of(member: Any) -> dict[str, Any]:
    return get_type_hints(member.fget if isinstance(member, property) else member)


def test_no_port_is_left_without_a_real_and_a_faked_implementation() -> None:
    kinds = {name for name, kind in vars(ports).items() if getattr(kind, "_is_protocol", False)}
    covered = {port.__name__ for port, _ in IMPLEMENTATIONS}
    assert kinds - {"Protocol"} == covered


def test_a_unit_of_work_has_every_repository_the_port_names() -> None:
    database = Database("sqlite://")
    with database() as uow:
        assert set(get_type_hints(ports.UnitOfWork)) <= set(vars(uow))
    database.engine.dispose()


def test_the_real_clock_returns_utc() -> None:
    now = clocks.system_clock()
    assert isinstance(now, datetime)
    assert now.tzname() == "UTC"

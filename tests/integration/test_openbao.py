"""Templates sealed by a real OpenBao stay sealed in a stolen backup and in a moved row."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from facepay.adapters.openbao import OpenBaoVault
from facepay.domain.errors import SealBroken
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.integration.openbao_fixture import BINDING, TEMPLATE, administer, new_enrolment


def test_a_sealed_template_comes_back_as_it_was_and_can_be_overwritten(
    vault: OpenBaoVault,
) -> None:
    enrolment_id = new_enrolment(vault)
    opened = vault.unseal(
        enrolment_id, vault.seal(enrolment_id, TEMPLATE, binding=BINDING), binding=BINDING
    )
    assert bytes(opened) == TEMPLATE
    assert isinstance(opened, bytearray)


@pytest.mark.parametrize("binding", ["customer-2/enrolment-1/v1", "", BINDING + " "])
def test_a_sealed_template_moved_to_another_row_does_not_open(
    vault: OpenBaoVault, binding: str
) -> None:
    enrolment_id = new_enrolment(vault)
    sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    with pytest.raises(SealBroken):
        vault.unseal(enrolment_id, sealed, binding=binding)


def test_a_sealed_template_does_not_open_with_the_key_of_another_enrolment(
    vault: OpenBaoVault,
) -> None:
    mine, yours = new_enrolment(vault), new_enrolment(vault)
    sealed = vault.seal(mine, TEMPLATE, binding=BINDING)
    with pytest.raises(SealBroken):
        vault.unseal(yours, sealed, binding=BINDING)


@pytest.mark.parametrize("damage", ["", "garbage", "vault:v1:AAAA", "vault:v9:"])
def test_a_damaged_seal_is_distinguished_from_a_broken_vault(
    vault: OpenBaoVault, damage: str
) -> None:
    with pytest.raises(SealBroken):
        vault.unseal(new_enrolment(vault), damage, binding=BINDING)


def test_after_revocation_no_copy_opens_not_even_with_a_new_key_of_the_same_name(
    vault: OpenBaoVault,
) -> None:
    enrolment_id = new_enrolment(vault)
    copied_before = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    vault.destroy_key(enrolment_id)
    with pytest.raises(SealBroken):
        vault.unseal(enrolment_id, copied_before, binding=BINDING)
    vault.create_key(enrolment_id)
    with pytest.raises(SealBroken):
        vault.unseal(enrolment_id, copied_before, binding=BINDING)


def test_each_key_gives_one_secret_of_its_own(vault: OpenBaoVault) -> None:
    mine, yours = new_enrolment(vault), new_enrolment(vault)
    secret = vault.derive_secret(mine)
    assert isinstance(secret, bytearray)
    assert len(secret) == 32
    assert vault.derive_secret(mine) == secret
    assert vault.derive_secret(yours) != secret


def test_rotating_a_key_by_hand_does_not_make_its_owner_a_stranger(
    openbao: EmbeddedOpenBao, vault: OpenBaoVault
) -> None:
    enrolment_id = new_enrolment(vault)
    before = vault.derive_secret(enrolment_id)
    administer(openbao, f"transit/keys/enrolment-{enrolment_id}/rotate", {})
    assert vault.derive_secret(enrolment_id) == before


def test_after_revocation_the_secret_is_gone_also_with_a_new_key_of_the_same_name(
    vault: OpenBaoVault,
) -> None:
    enrolment_id = new_enrolment(vault)
    before = vault.derive_secret(enrolment_id)
    vault.destroy_key(enrolment_id)
    with pytest.raises(SealBroken):
        vault.derive_secret(enrolment_id)
    with pytest.raises(SealBroken):
        vault.derive_secret("never-existed")
    vault.create_key(enrolment_id)
    assert vault.derive_secret(enrolment_id) != before


def test_once_a_revocation_is_acknowledged_nothing_brings_the_key_back(
    vault: OpenBaoVault,
) -> None:
    """Several workers may revoke at once; each answer "done" must stay true."""

    def revoke_and_try(enrolment_id: str, sealed: str) -> bool:
        vault.destroy_key(enrolment_id)
        try:
            vault.unseal(enrolment_id, sealed, binding=BINDING)
        except SealBroken:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            enrolment_id = new_enrolment(vault)
            sealed = vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
            revocations = [pool.submit(revoke_and_try, enrolment_id, sealed) for _ in range(8)]
            assert all(revoked.result() for revoked in revocations)


def test_revoking_a_missing_key_succeeds(vault: OpenBaoVault) -> None:
    enrolment_id = new_enrolment(vault)
    vault.destroy_key(enrolment_id)
    vault.destroy_key(enrolment_id)
    vault.destroy_key("never-existed")


def test_a_key_whose_creation_was_interrupted_can_be_revoked(
    openbao: EmbeddedOpenBao, vault: OpenBaoVault
) -> None:
    administer(openbao, "transit/keys/enrolment-half-made", {"type": "aes256-gcm96"})
    vault.destroy_key("half-made")
    with pytest.raises(SealBroken):
        vault.seal("half-made", TEMPLATE, binding=BINDING)


def test_sealing_does_not_bring_a_revoked_key_back(vault: OpenBaoVault) -> None:
    enrolment_id = new_enrolment(vault)
    vault.destroy_key(enrolment_id)
    with pytest.raises(SealBroken):
        vault.seal(enrolment_id, TEMPLATE, binding=BINDING)
    with pytest.raises(SealBroken):
        vault.unseal(enrolment_id, "vault:v1:" + "A" * 64, binding=BINDING)


def test_a_second_factor_opens_only_in_its_own_row(vault: OpenBaoVault) -> None:
    sealed = vault.seal_secret(b"totp secret", binding="factor-1")
    assert vault.unseal_secret(sealed, binding="factor-1") == b"totp secret"
    with pytest.raises(SealBroken):
        vault.unseal_secret(sealed, binding="factor-2")


@pytest.mark.parametrize("enrolment_id", ["", "../authorizations", "a/config", "a b", "a.b", "-"])
def test_a_key_name_cannot_name_another_path(vault: OpenBaoVault, enrolment_id: str) -> None:
    with pytest.raises(ValueError, match="key name"):
        vault.destroy_key(enrolment_id)

"""Ask OpenBao for the keys of a face as administrator, behind the service's back."""

import requests

from facepay.domain.enrolment import key_names_of
from facepay.domain.errors import VaultUnavailable
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.crowd import retry_while_unavailable

FOUND, GONE = 200, 404
GENERATIONS = 2  # the first key of an enrolment, and that of a renewal


def has_any_key(bao: EmbeddedOpenBao, enrolment_id: str) -> bool:
    """Tell whether OpenBao has a key of the enrolment."""
    return any(key_exists(bao, name) for name in key_names_of(enrolment_id)[:GENERATIONS])


def key_exists(bao: EmbeddedOpenBao, key_name: str) -> bool:
    """Ask until OpenBao itself answers: a node that is away or stands by is no answer."""
    return retry_while_unavailable(lambda: _found(bao, key_name))


def _found(bao: EmbeddedOpenBao, key_name: str) -> bool:
    address = f"{bao.url}/v1/transit/keys/enrolment-{key_name}"
    try:
        answer = requests.get(address, headers={"X-Vault-Token": bao.root_token}, timeout=5)
    except requests.RequestException as error:
        raise VaultUnavailable() from error
    if answer.status_code not in (FOUND, GONE):
        raise VaultUnavailable()
    return answer.status_code == FOUND

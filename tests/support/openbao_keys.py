"""Whether OpenBao has a key of a face, asked as administrator behind the service's back."""

import requests

from facepay.domain.errors import VaultUnavailable
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.crowd import retry_while_unavailable

FOUND, GONE = 200, 404
GENERATIONS = 2  # the first key of an enrolment, and that of a renewal


def has_key(bao: EmbeddedOpenBao, enrolment_id: str) -> bool:
    """Ask until OpenBao itself answers: a node that is away or stands by is no answer."""
    names = [enrolment_id, *(f"{enrolment_id}-{number}" for number in range(1, GENERATIONS))]
    return any(retry_while_unavailable(lambda name=name: _found(bao, name)) for name in names)


def _found(bao: EmbeddedOpenBao, name: str) -> bool:
    address = f"{bao.url}/v1/transit/keys/enrolment-{name}"
    try:
        answer = requests.get(address, headers={"X-Vault-Token": bao.root_token}, timeout=5)
    except requests.RequestException as error:
        raise VaultUnavailable() from error
    if answer.status_code not in (FOUND, GONE):
        raise VaultUnavailable()
    return answer.status_code == FOUND

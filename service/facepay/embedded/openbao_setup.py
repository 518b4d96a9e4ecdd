"""Configure an empty OpenBao for facepay, and store the keys of the embedded one.

Rules:
- Every step can be repeated. All steps run at every start, so a newer facepay installs its newer
  policy.
- The administrator's token creates the shared keys here; the service never does.
- One file, readable by its owner only, stores the embedded server's unseal key and root token. The
  server needs it to unseal itself, and it is the reason why the server is for development only.

An operator does the same by hand, once, on a production server: infra/openbao/README.md.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac

from facepay.adapters.openbao_policy import policy_text

ROLE = POLICY = "facepay-service"
MOUNT = "transit"
CACHED_KEYS = 20_000  # about 8 KB of memory each; 0 would mean no bound
SHARED_KEYS = {"authorizations": "ecdsa-p256", "second-factors": "aes256-gcm96"}
LOGIN_LIFETIME = "1h"

_WARNING = """\
# !!! THE EMBEDDED DEVELOPMENT MODE OF FACEPAY KEEPS ITS KEYS HERE. NOT FOR PRODUCTION. !!!
#
# A reader of this file can open every sealed template, second factor and signing key of the OpenBao
# beside it. Production has no such file: operators run and unseal OpenBao, and the service logs in
# with an AppRole that can use keys but never read them (infra/openbao/README.md).
# Do not copy, commit, mail or back up this file.
"""


@dataclass(frozen=True)
class EmbeddedKeys:
    """The keys that unseal and administer the embedded server, and the service's login."""

    unseal_key: str
    root_token: str
    role_id: str = ""
    secret_id: str = ""

    def __repr__(self) -> str:
        return "EmbeddedKeys(...)"

    @classmethod
    def read_from(cls, path: Path) -> "EmbeddedKeys":
        return cls(**tomllib.loads(path.read_text(encoding="utf-8")))

    def write_to(self, path: Path) -> None:
        """Replace the file atomically, with mode 0600."""
        lines = [f'{name} = "{value}"' for name, value in vars(self).items()]
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([_WARNING, *lines, ""]))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def configure(client: Any, keys: EmbeddedKeys) -> EmbeddedKeys:
    """Configure a running, unsealed server. Return `keys` with a login that works."""
    _prepare_transit(client)
    client.sys.create_or_update_policy(POLICY, policy_text())
    if "approle/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method("approle")
    client.auth.approle.create_or_update_approle(
        ROLE,
        token_policies=[POLICY],
        token_no_default_policy=True,
        token_ttl=LOGIN_LIFETIME,
        token_max_ttl=LOGIN_LIFETIME,
    )
    role_id = client.auth.approle.read_role_id(ROLE)["data"]["role_id"]
    secret_id = keys.secret_id
    if not _is_known(client, secret_id):
        secret_id = client.auth.approle.generate_secret_id(ROLE)["data"]["secret_id"]
    return EmbeddedKeys(keys.unseal_key, keys.root_token, role_id, secret_id)


def _prepare_transit(client: Any) -> None:
    if f"{MOUNT}/" not in client.sys.list_mounted_secrets_engines()["data"]:
        client.sys.enable_secrets_engine("transit", path=MOUNT)
    if client.read(f"{MOUNT}/cache-config")["data"]["size"] != CACHED_KEYS:
        client.write_data(f"{MOUNT}/cache-config", data={"size": CACHED_KEYS})
        # The engine builds its cache when it is mounted; a reload applies the size at once.
        client.write_data("sys/plugins/reload/backend", data={"mounts": [f"{MOUNT}/"]})
    client.write_data(f"{MOUNT}/config/keys", data={"disable_upsert": True})
    for name, kind in SHARED_KEYS.items():
        # OpenBao leaves an existing key unchanged.
        client.secrets.transit.create_key(
            name, key_type=kind, exportable=False, allow_plaintext_backup=False, mount_point=MOUNT
        )


def _is_known(client: Any, secret_id: str) -> bool:
    """Return whether the secret id exists; workers of an earlier start may still use it."""
    if not secret_id:
        return False
    try:
        answer = client.auth.approle.read_secret_id(ROLE, secret_id)
    except hvac.exceptions.VaultError:
        return False
    return isinstance(answer, dict)  # 204 without a body: no such secret id

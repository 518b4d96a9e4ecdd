# The facepay service's rights in OpenBao (or Vault): it may use its keys, but never read them.
#
# The package ships this one file. The embedded server writes it at every start, and an operator
# writes it to a production server (infra/openbao/README.md).
#
# Everything that is not named here is denied: export, backup, restore, listing, creating any
# key that is not an enrolment's, deleting shared keys, policies, tokens, mounts, sys/*.
# tests/integration/test_openbao_policy.py tries each of them with the service's own login.

# One key per enrolment. Creating it needs "update" (transit's key path has no "create"). So does
# setting deletion_allowed through .../config, which the service does right after creating a key.
#
# A trailing "*" is a prefix match that includes "/". This rule therefore also applies to
# .../config, .../rotate and the other paths under a key, and a deny rule with "+" in the middle has
# lower priority. The restriction is therefore in the parameters: only the two named here, only with
# these values. `exportable` and `allow_plaintext_backup` can never be set, and no key can be
# imported or trimmed. Rotating or soft-deleting an enrolment's key is possible, and reveals nothing.
path "transit/keys/enrolment-*" {
  capabilities = ["read", "update", "delete"]
  allowed_parameters = {
    "type"             = ["aes256-gcm96"]
    "deletion_allowed" = [true]
  }
}

# Keys that stand for the last signed checkpoint of the audit log. They seal nothing and sign nothing:
# no other path names them. The same parameters are permitted as above.
path "transit/keys/log-*" {
  capabilities = ["read", "update", "delete"]
  allowed_parameters = {
    "type"             = ["aes256-gcm96"]
    "deletion_allowed" = [true]
  }
}

# No "create": OpenBao refuses to seal for an enrolment without a key, instead of making a key.
# associated_data is required, so that every sealed value is bound to its row.
path "transit/encrypt/enrolment-*" {
  capabilities        = ["update"]
  required_parameters = ["plaintext", "associated_data"]
  allowed_parameters = {
    "plaintext"       = []
    "associated_data" = []
  }
}

path "transit/decrypt/enrolment-*" {
  capabilities        = ["update"]
  required_parameters = ["ciphertext", "associated_data"]
  allowed_parameters = {
    "ciphertext"      = []
    "associated_data" = []
  }
}

# The secret that protects an enrolment's template: the HMAC of one fixed text ("facepay template
# rotation v1") under the key's first version. No other input is permitted, so this is no oracle. The
# value is lost with the key. As above, the "*" includes "/": .../sha2-512 gives another HMAC of the
# same text, which opens nothing.
path "transit/hmac/enrolment-*" {
  capabilities        = ["update"]
  required_parameters = ["input", "key_version"]
  allowed_parameters = {
    "input"       = ["ZmFjZXBheSB0ZW1wbGF0ZSByb3RhdGlvbiB2MQ=="]
    "key_version" = ["1"]
  }
}

# Second-factor secrets share one key; only an administrator creates, rotates or deletes it.
path "transit/encrypt/second-factors" {
  capabilities        = ["update"]
  required_parameters = ["plaintext", "associated_data"]
  allowed_parameters = {
    "plaintext"       = []
    "associated_data" = []
  }
}

path "transit/decrypt/second-factors" {
  capabilities        = ["update"]
  required_parameters = ["ciphertext", "associated_data"]
  allowed_parameters = {
    "ciphertext"      = []
    "associated_data" = []
  }
}

# The root key certifies the nodes' keys for authorizations, and signs long-lived statements itself.
# Only ES256 in JWS form with the newest version is permitted. `prehashed` is left out, so that the
# service cannot have a digest signed without its message.
path "transit/sign/authorizations" {
  capabilities        = ["update"]
  required_parameters = ["input", "hash_algorithm", "marshaling_algorithm"]
  allowed_parameters = {
    "input"                = []
    "hash_algorithm"       = ["sha2-256"]
    "marshaling_algorithm" = ["jws"]
  }
}

# The public halves of all versions, for /.well-known/jwks.json.
path "transit/keys/authorizations" {
  capabilities = ["read"]
}

# What the facepay service may do in OpenBao (or Vault): use its keys, never see them.
#
# One copy, shipped with the package: the embedded server writes it at every start, and an
# operator writes the same file into a production server (infra/openbao/README.md).
#
# Everything that is not named here is denied: export, backup, restore, listing, creating any
# key that is not an enrolment's, deleting shared keys, policies, tokens, mounts, sys/*.
# tests/integration/test_openbao.py tries each of them with the service's own login.

# One key per enrolment. Creating needs "update" (transit's key path knows no "create"), and so does
# deletion_allowed through .../config, which every key gets right after it was made.
#
# A trailing "*" is a prefix match that crosses "/": this rule also decides about .../config,
# .../rotate and the other paths under a key, and a deny with "+" in the middle ranks below it. The
# parameters are therefore the fence: only the two named here, only with these values. `exportable`
# and `allow_plaintext_backup` can be set neither at creation nor later, nothing can be imported or
# trimmed. Rotating or soft-deleting an enrolment's key stays possible, and shows nothing of it.
path "transit/keys/enrolment-*" {
  capabilities = ["read", "update", "delete"]
  allowed_parameters = {
    "type"             = ["aes256-gcm96"]
    "deletion_allowed" = [true]
  }
}

# No "create": sealing for an enrolment without a key is refused instead of making one.
# associated_data is required, so that nothing can be sealed without being bound to its row.
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
# rotation v1"), of the key's first version. Nothing else can be put in, so this is no oracle; the
# value dies with the key. As above, the "*" crosses "/": .../sha2-512 gives another number of the
# same text, which opens nothing.
path "transit/hmac/enrolment-*" {
  capabilities        = ["update"]
  required_parameters = ["input", "key_version"]
  allowed_parameters = {
    "input"       = ["ZmFjZXBheSB0ZW1wbGF0ZSByb3RhdGlvbiB2MQ=="]
    "key_version" = ["1"]
  }
}

# Second-factor secrets share one key, which only an administrator creates, rotates or deletes.
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

# The root: it certifies the keys that nodes sign authorizations with, and signs what lasts itself.
# ES256 as JWS wants it, with the newest version, and nothing else. `prehashed` is left out, so that
# the service cannot have a digest signed whose message nobody saw.
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

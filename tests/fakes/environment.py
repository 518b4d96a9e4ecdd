"""The environment of a live service, complete but for its calibration report."""

LIVE = {
    "FACEPAY_PROFILE": "live",
    "FACEPAY_ORIGIN": "https://pay.example",
    "FACEPAY_DATABASE_URL": "postgresql+psycopg://facepay:db-secret@db/facepay",
    "FACEPAY_VAULT_URL": "https://vault.example:8200",
    "FACEPAY_VAULT_ROLE_ID": "role",
    "FACEPAY_VAULT_SECRET_ID": "vault-secret",
    "FACEPAY_FINGERPRINT_KEY": "a fingerprint-secret of 32 or more",
}

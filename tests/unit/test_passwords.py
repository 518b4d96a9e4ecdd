"""The cost of a password hash in production, and the answer for an unknown customer."""

from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from facepay.adapters.passwords import Argon2Passwords


def test_a_hash_costs_what_rfc_9106_recommends() -> None:
    assert extract_parameters(Argon2Passwords().hash("a password")) == RFC_9106_LOW_MEMORY


def test_a_password_is_verified_and_an_unknown_customer_has_none() -> None:
    passwords = Argon2Passwords()
    kept = passwords.hash("a password")
    assert passwords.verify(kept, "a password")
    assert not passwords.verify(kept, "another password")
    assert not passwords.verify(None, "a password")
    assert not passwords.verify(None, "no customer has this password")

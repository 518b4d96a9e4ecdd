"""The public names of the client, and the imports that it must not have."""

import ast
import inspect
from pathlib import Path

import facepay_client
from facepay_client import (
    Credentials,
    Customer,
    Merchant,
    Operator,
    Published,
    Terminal,
    Transport,
)


def test_every_public_name_exists_and_every_imported_one_is_listed() -> None:
    listed = facepay_client.__all__
    assert listed == sorted(set(listed))
    present = {
        name
        for name, value in vars(facepay_client).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert present == set(listed)


def test_the_client_shares_no_code_with_the_service() -> None:
    for module in Path(facepay_client.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.split(".")[0] == "facepay"], module.name


def test_every_change_can_be_given_an_idempotency_key() -> None:
    for role in (Customer, Merchant, Operator, Terminal):
        for name, method in inspect.getmembers(role, inspect.isfunction):
            if not name.startswith(("_", "get_", "sign_")):
                assert "idempotency_key" in inspect.signature(method).parameters, name
    assert "idempotency_key" in inspect.signature(Transport.post).parameters


def test_every_public_method_has_a_docstring_that_names_its_request() -> None:
    for role in (Customer, Merchant, Operator, Published, Terminal):
        for name, method in inspect.getmembers(role, inspect.isfunction):
            if name.startswith("_"):
                continue
            assert method.__doc__, f"{role.__name__}.{name}"
            named = "`GET " in method.__doc__ or "`POST " in method.__doc__
            assert named or name == "sign_frames", f"{role.__name__}.{name}"


def test_credentials_send_what_is_presented_and_show_none_of_it() -> None:
    credentials = Credentials("correct horse", recovery_code="0000-1111-2222-3333")
    body = {"password": "correct horse", "recovery_code": "0000-1111-2222-3333"}
    assert credentials.body() == body
    assert Credentials().body() == {}
    assert not [value for value in body.values() if value in repr(credentials)]

"""The fields of the page's forms, and the values that every template can use."""

import secrets
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from babel.numbers import format_currency, get_currency_precision
from flask import render_template, request
from marshmallow import ValidationError

from facepay.domain.errors import InvalidRequest
from facepay.usecases.authentication.credentials import Credentials
from facepay.web.access import View
from facepay.web.pages.language import language
from facepay.web.pages.page_access import form_token, signed_in
from facepay.web.schemas.fields import Shape, SixDigits, Text
from facepay.web.schemas.fields import password as new_password

Form = TypeVar("Form", bound=Shape)
HIDDEN_FIELDS = frozenset({"token", "key"})


class SignInForm(Shape):
    alias = Text(required=True, max_length=100)
    password = Text(required=True, max_length=128)
    code = SixDigits(required=True)


class CredentialsForm(Shape):
    """Password and code, typed again for changes that a session alone must not make."""

    password = Text(required=True, max_length=128)
    code = SixDigits(required=True)


class StopForm(Shape):
    alias = Text(required=True, max_length=100)
    recovery_code = Text(required=True, max_length=40)


class NewFactorForm(CredentialsForm):
    name = Text(required=True, max_length=100)


class CodeForm(Shape):
    code = SixDigits(required=True)


class NewPasswordForm(CredentialsForm):
    new_password = new_password(required=True)


class DuressForm(CredentialsForm):
    duress_code = SixDigits(required=True)


def read_form(shape: type[Form]) -> dict[str, Any]:
    """Return the fields of the form that was sent, the first value of each.

    Raises InvalidRequest, which names a field that is missing, unknown or not valid.
    """
    sent = {
        name: values[0]
        for name, values in request.form.lists()
        if name not in HIDDEN_FIELDS and values
    }
    for name in {"code", "duress_code"} & set(sent):
        sent[name] = "".join(sent[name].split())  # apps show codes in two groups
    try:
        fields: dict[str, Any] = shape().load(sent)
    except ValidationError as error:
        raise InvalidRequest(param=min(map(str, error.messages_dict))) from None
    return fields


def credentials_in(form: dict[str, Any]) -> Credentials:
    return Credentials(password=form["password"], code=form["code"])


def form_on_refusal(form: str) -> Callable[[View], View]:
    """Name the form that is shown again, below the reason, when the view's request is refused."""

    def mark(view: View) -> View:
        view.__dict__["form"] = form
        return view

    return mark


def show(template: str, **values: Any) -> str:
    return render_template(f"account/{template}.html", **values)


def format_money(amount_minor: int, currency: str) -> str:
    """Format an amount in minor units for the reader's language."""
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return str(format_currency(amount, currency, locale=language()))


def template_context() -> dict[str, Any]:
    """Return the functions and values that every template can use."""
    return {
        "form_token": form_token,
        "one_time_key": lambda: secrets.token_hex(16),
        "signed_in": signed_in(),
        "format_money": format_money,
        "read_time": datetime.fromisoformat,
        "typed": lambda name: request.form.get(name, ""),
    }

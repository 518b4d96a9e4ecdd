"""What forms carry, and how they are shown again."""

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
from facepay.web.schemas.fields import Digits, Shape, Text
from facepay.web.schemas.fields import password as new_password

Form = TypeVar("Form", bound=Shape)
HIDDEN = frozenset({"token", "key"})


class SignInForm(Shape):
    alias = Text(required=True, longest=100)
    password = Text(required=True, longest=128)
    code = Digits(required=True)


class CredentialsForm(Shape):
    """Typed again, for what signing in alone is not enough for."""

    password = Text(required=True, longest=128)
    code = Digits(required=True)


class StopForm(Shape):
    alias = Text(required=True, longest=100)
    recovery_code = Text(required=True, longest=40)


class NewFactorForm(CredentialsForm):
    name = Text(required=True, longest=100)


class CodeForm(Shape):
    code = Digits(required=True)


class NewPasswordForm(CredentialsForm):
    new_password = new_password(required=True)


class DuressForm(CredentialsForm):
    duress_code = Digits(required=True)


def read_form(shape: type[Form]) -> dict[str, Any]:
    """The fields of a form, each once. Raises InvalidRequest."""
    sent = {
        name: values[0] for name, values in request.form.lists() if name not in HIDDEN and values
    }
    for name in {"code", "duress_code"} & set(sent):
        sent[name] = "".join(sent[name].split())  # apps show them in two groups
    try:
        fields: dict[str, Any] = shape().load(sent)
    except ValidationError as error:
        raise InvalidRequest(param=min(map(str, error.messages_dict))) from None
    return fields


def credentials_in(form: dict[str, Any]) -> Credentials:
    return Credentials(password=form["password"], code=form["code"])


def again_with(form: str) -> Callable[[View], View]:
    """A refusal shows this form again, with what was wrong above it."""

    def mark(view: View) -> View:
        view.__dict__["form"] = form
        return view

    return mark


def show(template: str, **values: Any) -> str:
    return render_template(f"account/{template}.html", **values)


def money(amount_minor: int, currency: str) -> str:
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return str(format_currency(amount, currency, locale=language()))


def in_templates() -> dict[str, Any]:
    """What every template may use."""
    return {
        "form_token": form_token,
        "one_time_key": lambda: secrets.token_hex(16),
        "signed_in": signed_in(),
        "money": money,
        "read_time": datetime.fromisoformat,
        "typed": lambda name: request.form.get(name, ""),
    }

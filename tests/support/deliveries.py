"""Payments whose events go to registered endpoints, and what each endpoint received."""

from facepay.domain.customer import Role
from facepay.usecases.authentication.credentials import Credentials
from facepay.usecases.operators.register import register_merchant
from facepay.usecases.payments.intents import reverse_payment
from facepay.usecases.request import Caller
from facepay.usecases.responses import EndpointAnswer, IntentAnswer
from facepay.usecases.webhooks.deliver import deliver
from facepay.usecases.webhooks.endpoints import create_endpoint
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.receivers import ReceivedEvent
from tests.fakes.scenario import PASSWORD, Scenario, key

SHOP, OPERATOR, OTHER = "https://shop.example/", "https://bank.example/", "https://other.example/"


def other_merchant(scenario: Scenario) -> Caller:
    shop = register_merchant(scenario.deps, scenario.command(scenario.operator), "other", key())
    return Caller(shop.keyid, Role.MERCHANT, shop.id)


def register_endpoint(scenario: Scenario, caller: Caller, url: str) -> EndpointAnswer:
    deliver(scenario.deps)  # what happened before is not for it
    return create_endpoint(scenario.deps, scenario.command(caller), url)


def pay(scenario: Scenario) -> IntentAnswer:
    ada = scenario.customers["ada"]
    credentials = Credentials(PASSWORD, scenario.code_of(ada))
    return scenario.pay_by_password(scenario.intent(), "ada", credentials)


def pay_and_reverse(scenario: Scenario) -> IntentAnswer:
    return reverse_payment(scenario.deps, scenario.command(scenario.merchant), pay(scenario).id)


def received(fakes: FakeDependencies, url: str) -> list[ReceivedEvent]:
    return [each for each in fakes.webhooks.received if each.url == url]

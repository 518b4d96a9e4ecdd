"""Photograph the customer's page for the README: docs/images/account.png, taken by Chromium.

`make pictures` runs this. It starts the real service, enrols a rendered face, pays with it three
times, signs in and photographs the page. The file differs from run to run in dates and ids.
"""

import tempfile
from pathlib import Path

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import KeyPair
from tests.support.chromium import chromium, screen
from tests.support.people import PASSWORD, Payer, Scenario
from tests.support.service import running_service

FILE = Path(__file__).with_name("account.png")
WIDTH, HEIGHT = 640, 900  # pixels of the window
# Below the page's header, which names each language in its own script: a bare machine has no font
# for Chinese, and would photograph empty boxes. Down to the end of the list of uses.
TOP, BOTTOM = 66, 758
AMOUNTS = (3150, 480, 1999)  # cents


def photograph() -> None:
    """Write the picture. Raises when Chromium is not installed."""
    with tempfile.TemporaryDirectory() as name, EmbeddedOpenBao(Path(name) / "openbao") as bao:
        directory = Path(name)
        url = f"sqlite:///{directory / 'facepay.db'}"
        with running_service(bao, url, directory) as service, chromium() as browser:
            payer = _customer_who_pays(Scenario(service))
            with screen(browser, service.url) as shown:
                shown.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
                shown.sign_in(payer)
                clip = {"x": 0, "y": TOP, "width": WIDTH, "height": BOTTOM - TOP}
                shown.page.screenshot(path=FILE, clip=clip)


def _customer_who_pays(scenario: Scenario) -> Payer:
    key = KeyPair.generate()
    scenario.operator.register_customer("Grace", PASSWORD, key.public_jwk)
    payer = Payer(scenario, "Grace", scenario.transport(key))
    payer.confirm_authenticator()
    payer.enrol("grace")
    pos = scenario.pos()
    for amount_minor in AMOUNTS:
        intent = pos.intent(amount_minor)
        scenario.show_face(pos, intent, payer, "grace")
        pos.terminal.send_code(intent.id, payer.code())
    return payer


if __name__ == "__main__":
    photograph()

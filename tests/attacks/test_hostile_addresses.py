"""Webhook addresses that point into the internal network or are no public HTTPS address."""

import socket
from typing import Any

import pytest

from facepay.adapters import webhook_sender
from facepay.adapters.webhook_sender import HttpWebhookSender
from facepay.domain.errors import InvalidRequest
from tests.support import hostile_receivers
from tests.support.hostile_receivers import BODY, SECRET

rehearsing = hostile_receivers.rehearsing


@pytest.fixture
def live() -> HttpWebhookSender:
    return HttpWebhookSender(loopback=False)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Resolve every name to these answers, one after the other, then to the last again."""
    left = list(answers)

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(webhook_sender.socket, "getaddrinfo", resolve)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "ff02::1",
        "64:ff9b:1::a00:1",
        "64:ff9b:1:ffff::7f00:1",
        "::10.0.0.1",
        "::93.184.216.34",
        "::ffff:0:a00:1",
        "::ffff:0:5db8:d822",
        "fec0::1",
        "192.88.99.1",
        "3fff::1",
        "240.0.0.1",
        "4000::1",
        "f000::1",
    ],
)
def test_a_name_of_the_internal_network_is_neither_registered_nor_sent_to(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for addresses in ([address], ["93.184.216.34", address]):
        resolve_to(monkeypatch, addresses)
        with pytest.raises(InvalidRequest):
            live.check("https://shop.example/")
        sent = live.send("https://shop.example/", SECRET, "evt", BODY)
        assert sent == "address_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "gopher://93.184.216.34/",
        "https://",
        "https:///events",
        "//93.184.216.34/",
        "https://user@93.184.216.34/",
        "https://user:word@93.184.216.34/",
        "https://93.184.216.34/#part",
        "https://93.184.216.34:0/",
        "https://93.184.216.34:70000/",
        "https://93.184.216.34/a b",
        "https://93.184.216.34/\r\nHost: internal",
        "https://[::1",
        "https://[v1.x]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://ünïcode.example/",
    ],
)
def test_an_address_that_is_no_public_https_address_is_refused(
    live: HttpWebhookSender, url: str
) -> None:
    with pytest.raises(InvalidRequest):
        live.check(url)
    assert live.send(url, SECRET, "evt", BODY) == "address_not_allowed"


def test_a_public_https_address_is_accepted(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
    live.check("https://shop.example:8443/events?shop=1")


def test_a_name_that_resolves_differently_after_the_check_gains_nothing(
    live: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    connected = []

    def connect(where: tuple[str, int], **_: Any) -> socket.socket:
        connected.append(where[0])
        raise OSError

    monkeypatch.setattr(webhook_sender.socket, "create_connection", connect)
    assert live.send("https://shop.example/", SECRET, "evt", BODY) == "no_answer"
    assert connected == ["93.184.216.34"]
    assert live.send("https://shop.example/", SECRET, "evt", BODY) == "address_not_allowed"
    assert connected == ["93.184.216.34"]


def test_a_rehearsal_sends_plain_http_to_this_machine_alone(
    rehearsing: HttpWebhookSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for addresses in (["93.184.216.34"], ["10.0.0.1"]):
        resolve_to(monkeypatch, addresses)
        with pytest.raises(InvalidRequest):
            rehearsing.check("http://shop.example/")

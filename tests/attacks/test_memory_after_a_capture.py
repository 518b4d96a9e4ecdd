"""After the answer, a worker's memory contains no frame, no chip and no embedding.

Each search is first shown to work. While a capture waits for the vault, its frames lie in the
worker's memory, and the same search finds them. Chips and embeddings are gone by then; a process
that keeps them shows that the search knows them.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Capture, Credentials, Enrolment, Frame, KeyPair, Problem, Request
from facepay_rehearsal import bursts
from facepay_rehearsal.demo.leak_patterns import LeakPattern
from facepay_rehearsal.demo.leak_scan import PatternIndex
from tests.support.forgery import problem_of, send
from tests.support.gate import Gate, GatedBao, gate_before
from tests.support.memory import face_patterns_of, kinds_in, memory_of, patterns_of
from tests.support.people import PASSWORD, TURNS, Payer, PointOfSale, Scenario, as_frames, genuine
from tests.support.renders import rendered
from tests.support.service import RunningService, running_service

LOOKS = 20  # a worker clears up after its answer has arrived, and later on a busy machine
BETWEEN_LOOKS = 0.5  # seconds
FOUND_FIRST = {"frame, its head", "frame, its middle"}
KEEPER = """
import sys
from facepay.face.recognition import recognise
from facepay.face.model_store import ModelStore
from facepay.face.observe import SentFrame, observe
from facepay_rehearsal import bursts
shots = bursts.genuine("eileen", ("turn_left", "turn_right"), 11)
seen = observe([SentFrame(shot.jpeg, shot.step) for shot in shots], mirrored=False)
embedder = ModelStore().embedder()
chips = [recognise.take_chip(frame.image, frame.points, embedder) for frame in seen.seen]
kept = recognise.reference(seen, embedder)
as_single = kept.astype("<f4")
print("kept", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def gate(openbao: EmbeddedOpenBao) -> Iterator[Gate]:
    with gate_before(openbao) as gate:
        yield gate


@pytest.fixture(scope="module")
def gated(
    openbao: EmbeddedOpenBao, gate: Gate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    directory: Path = tmp_path_factory.mktemp("memory")
    url = f"sqlite:///{directory / 'facepay.db'}"
    with running_service(GatedBao(openbao, gate), url, directory, workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def scenario(gated: RunningService) -> Scenario:
    return Scenario(gated)


def memory_of_workers(service: RunningService) -> list[bytes]:
    return [region for pid in service.worker_pids() for region in memory_of(pid)]


def left_in_workers(scenario: Scenario, patterns: list[LeakPattern]) -> set[str]:
    index, left = PatternIndex(patterns), set[str]()
    for _ in range(LOOKS):
        left = kinds_in(memory_of_workers(scenario.service), index)
        if not left:
            break
        time.sleep(BETWEEN_LOOKS)
    return left


def begun(payer: Payer) -> tuple[Enrolment, Capture]:
    payer.consent()
    enrolment = payer.customer.begin_enrolment(Credentials(PASSWORD, payer.code()))
    return enrolment, payer.capture(enrolment.id)


def test_a_workers_memory_contains_a_face_during_a_capture_and_none_after_the_answer(
    scenario: Scenario, gate: Gate
) -> None:
    payer = scenario.payer()
    enrolment, capture = begun(payer)
    frames = genuine("eileen", capture.challenge, 11)
    patterns = list(face_patterns_of("enrolment", frames))
    with (
        ThreadPoolExecutor(1) as pool,
        gate.hold(f"encrypt/enrolment-{enrolment.id}".encode()) as held,
    ):
        sent = pool.submit(payer.customer.send_frames, capture, frames)
        assert held.wait(20), "the reference never reached the vault"
        memory = memory_of_workers(scenario.service)
        gate.release()
        assert sent.result(30).enrolment is not None
    assert {f"enrolment: {kind}" for kind in FOUND_FIRST} <= kinds_in(
        memory, PatternIndex(patterns)
    )
    assert left_in_workers(scenario, patterns) == set()


def test_the_search_finds_a_chip_and_an_embedding() -> None:
    frames = genuine("eileen", TURNS, 11)
    index = PatternIndex(list(face_patterns_of("keeper", frames)))
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"kept\n"
        found = kinds_in(memory_of(keeper.pid), index)
        keeper.communicate(timeout=20)
    expected = {"chip", "embedding, as float32", "embedding, as float64"}
    assert {f"keeper: {kind}" for kind in expected} <= found


@dataclass(frozen=True)
class CaptureSetting:
    scenario: Scenario
    gate: Gate
    pos: PointOfSale
    payer: Payer

    def take(self, seed: int) -> tuple[Capture, tuple[Frame, ...]]:
        capture = self.pos.capture(self.pos.intent().id, self.payer.alias)
        return capture, genuine("grace", capture.challenge, seed)

    def refused(self, capture: Capture, frames: Sequence[Frame]) -> None:
        with pytest.raises(Problem):
            self.pos.terminal.send_frames(capture, frames)


def upload(setting: CaptureSetting, capture: Capture, frames: Sequence[Frame]) -> Request:
    body = setting.pos.terminal.sign_frames(capture, frames)
    path = f"/v1/captures/{capture.id}/frames"
    return Request("POST", path, body.content, body.content_type, f"the burst of {capture.id}")


def paid(setting: CaptureSetting) -> Sequence[Frame]:
    capture, frames = setting.take(12)
    intent = setting.pos.terminal.send_frames(capture, frames).payment_intent
    assert intent is not None
    code = setting.payer.code()
    assert setting.pos.terminal.send_code(intent.id, code).state == "approved"
    return frames


def photographed(setting: CaptureSetting) -> Sequence[Frame]:
    capture, _ = setting.take(13)
    frames = as_frames(
        rendered(bursts.still_photo, "grace", capture.challenge.steps, 13), capture.challenge
    )
    setting.refused(capture, frames)
    return frames


def undecodable(setting: CaptureSetting) -> Sequence[Frame]:
    """Send a last picture that cannot be decoded: the engine fails with the others in memory."""
    capture, frames = setting.take(14)
    *good, last = frames
    setting.refused(capture, [*good, replace(last, image=last.image[: len(last.image) // 2])])
    return frames


def vault_silent(setting: CaptureSetting) -> Sequence[Frame]:
    """Stop the vault's answers in the middle of the comparison."""
    capture, frames = setting.take(15)
    with setting.gate.hold(b"decrypt/enrolment-"):
        setting.refused(capture, frames)
    return frames


def truncated(setting: CaptureSetting) -> Sequence[Frame]:
    """Send a body that ends in the middle of a part."""
    capture, frames = setting.take(16)
    whole = upload(setting, capture, frames)
    request = replace(whole, content=whole.content[: -len(whole.content) // 20])
    assert problem_of(send(setting.pos.transport, request))[0] in (400, 422)
    return frames


def unsigned(setting: CaptureSetting) -> Sequence[Frame]:
    """Send frames with an unregistered key: the service refuses them before it looks at them."""
    capture, frames = setting.take(17)
    stranger = setting.scenario.transport(KeyPair.generate())
    assert problem_of(send(stranger, upload(setting, capture, frames))) == (
        401,
        "signature_invalid",
    )
    return frames


def hung_up(setting: CaptureSetting) -> Sequence[Frame]:
    """Close the terminal's connection when half of the body is sent."""
    capture, frames = setting.take(18)
    prepared = setting.pos.transport.signed(upload(setting, capture, frames))
    address = urlsplit(setting.scenario.service.url)
    lines = [f"POST {prepared.path_url} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {value}" for name, value in prepared.headers.items()]
    content = "\r\n".join([*lines, "", ""]).encode() + prepared.body[: len(prepared.body) // 2]
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(content)
    return frames


ENDINGS = (paid, photographed, undecodable, vault_silent, truncated, unsigned, hung_up)
COMPARED = (paid, vault_silent)


def test_no_face_is_left_in_memory_however_a_capture_ends(scenario: Scenario, gate: Gate) -> None:
    setting = CaptureSetting(scenario, gate, scenario.pos(), scenario.payer(face="grace"))
    patterns: list[LeakPattern] = []
    for ending in ENDINGS:
        sought = face_patterns_of if ending in COMPARED else patterns_of
        patterns += sought(ending.__name__, ending(setting))
    assert left_in_workers(scenario, patterns) == set()

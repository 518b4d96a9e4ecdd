"""Asks every signal about one observation, the cheap ones first, and has one outcome made of it.

Where the frames themselves are not sane, nothing else is asked: the other signals rely on steps in
order, with frames in each. Networks and spectra leave Python to others: they are asked in a second
thread, beside what looks at colours and shapes; both cost about the same. Everything measured on
the way is overwritten before this returns; what stays are scores.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from facepay.face.observe import Observation
from facepay.face.pad import (
    artefacts,
    compliance,
    cover,
    depth,
    identity,
    light,
    passive,
    reflection,
    sanity,
    skin,
)
from facepay.face.pad.fusion import Judgement, fuse
from facepay.face.pad.light_code import Follower
from facepay.face.pad.passive import PassivePack
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Thresholds
from facepay.face.recognition.embed import Embedder


@dataclass(frozen=True, slots=True)
class PadEvaluator:
    """What all hearings share; `same_person` is the distance that matches, the model's own."""

    embedder: Embedder
    same_person: float
    limits: Thresholds
    pack: PassivePack | None = None

    def judge(self, observation: Observation, challenge: Challenge) -> Judgement:
        """Raises what the files of the networks raise when they are loaded."""
        if observation.wiped:
            raise RuntimeError("this observation was wiped")
        return fuse(list(self._signals(observation, challenge)), challenge)

    def _signals(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        limits = self.limits
        with observation.timed("sanity"):
            sane = sanity.judge(observation, challenge, limits.sanity)
        yield sane
        if sane.verdict is not Verdict.PASS:
            return
        with ThreadPoolExecutor(1) as pool:
            concurrent = pool.submit(lambda: list(self._concurrent(observation, challenge)))
            yield from self._coloured(observation, challenge)
            yield from self._shaped(observation, challenge)
            yield from concurrent.result()

    def _concurrent(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        with observation.timed("identity"):
            yield identity.judge(
                observation,
                challenge,
                self.embedder,
                self.limits.identity,
                same_person=self.same_person,
            )
        with observation.timed("passive"):
            looks = passive.judge(observation, self.pack, self.limits.passive)
        if looks is not None:
            yield looks
        with observation.timed("artefacts"):
            yield artefacts.judge(observation)

    def _shaped(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        with observation.timed("compliance"):
            yield compliance.judge(observation, challenge, self.limits.compliance)
        with observation.timed("depth"):
            yield depth.judge(observation, challenge, self.limits.depth)

    def _coloured(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        """What is read from colours; of all frames only where they answer to a light."""
        steady = cover.steady(observation)
        with observation.timed("light" if challenge.light else "cover"):
            colours = skin.colours(observation.seen if challenge.light else steady)
        try:
            with observation.timed("cover"):
                # The hold comes first: `sanity` has seen to the order of the steps.
                covered = cover.judge(colours.first(len(steady)), self.limits.cover)
            yield covered
            if not challenge.light:
                return
            with observation.timed("light"):
                follower = Follower(observation)
                own = light.answer(follower, challenge, colours)
                lit = light.judge(follower, challenge, colours, own, self.limits.light)
            yield lit
            with observation.timed("reflection"):
                yield reflection.judge(follower, colours, own, lit, self.limits.reflection)
        finally:
            colours.wipe()

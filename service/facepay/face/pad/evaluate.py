"""Evaluate every signal on one observation, the cheap ones first, and fuse them into a judgement.

Where the frames themselves are not sane, nothing else is evaluated: the other signals rely on steps
in order, with frames in each. Networks and spectra release the GIL, so they run in a second thread,
beside the signals of colour and geometry; both take about the same time. Every intermediate
measurement is overwritten before this module returns; only scores remain.
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
from facepay.face.pad.light_code import LightCodeFitter
from facepay.face.pad.passive import PassivePack
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Thresholds
from facepay.face.recognition.embed import Embedder


@dataclass(frozen=True, slots=True)
class PadEvaluator:
    """Configuration that all evaluations share.

    `same_person` is the match threshold of the embedder's model, as a distance. `pack` holds the
    optional passive networks.
    """

    embedder: Embedder
    same_person: float
    limits: Thresholds
    pack: PassivePack | None = None

    def judge(self, observation: Observation, challenge: Challenge) -> Judgement:
        """Evaluate all signals and return the fused judgement.

        Raises ModelError, FileNotFoundError or WeightsError where a network cannot be loaded,
        FaceRefusal where a frame cannot be decoded in full size, and RuntimeError for a wiped
        observation.
        """
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
            concurrent = pool.submit(lambda: list(self._concurrent_signals(observation, challenge)))
            yield from self._colour_signals(observation, challenge)
            yield from self._geometry_signals(observation, challenge)
            yield from concurrent.result()

    def _concurrent_signals(
        self, observation: Observation, challenge: Challenge
    ) -> Iterator[Signal]:
        with observation.timed("identity"):
            yield identity.judge(
                observation,
                challenge,
                self.embedder,
                self.limits.identity,
                same_person=self.same_person,
            )
        with observation.timed("passive"):
            passive_signal = passive.judge(observation, self.pack, self.limits.passive)
        if passive_signal is not None:
            yield passive_signal
        with observation.timed("artefacts"):
            yield artefacts.judge(observation)

    def _geometry_signals(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        with observation.timed("compliance"):
            yield compliance.judge(observation, challenge, self.limits.compliance)
        with observation.timed("depth"):
            yield depth.judge(observation, challenge, self.limits.depth)

    def _colour_signals(self, observation: Observation, challenge: Challenge) -> Iterator[Signal]:
        """Measure colours, of all frames only where the challenge has light, and judge them."""
        hold = cover.hold_frames(observation)
        with observation.timed("light" if challenge.light else "cover"):
            colours = skin.measure_colours(observation.seen if challenge.light else hold)
        try:
            with observation.timed("cover"):
                # `sanity` verified the order of the steps, so the hold comes first.
                covered = cover.judge(colours.first(len(hold)), self.limits.cover)
            yield covered
            if not challenge.light:
                return
            with observation.timed("light"):
                fitter = LightCodeFitter(observation)
                own = light.fit_skin(fitter, challenge, colours)
                lit = light.judge(fitter, challenge, colours, own, self.limits.light)
            yield lit
            with observation.timed("reflection"):
                yield reflection.judge(fitter, colours, own, lit, self.limits.reflection)
        finally:
            colours.wipe()

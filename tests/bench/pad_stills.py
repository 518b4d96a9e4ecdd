"""Scores of the passive networks for London's photographs, all taken of living people."""

from rich.console import Console
from rich.progress import track

from facepay.face.frames.decode import decode
from facepay.face.observe import SentFrame, observe
from facepay.face.pad.passive import PassivePack
from tests.bench.pad_renders import LONDON


def passive_scores(pack: PassivePack, console: Console) -> list[float]:
    """Return one score for each photograph, 0 to 1."""
    scores = []
    for file in track(sorted(LONDON.glob("*/*.jpg")), "looking at stills", console=console):
        image = file.read_bytes()
        seen = observe([SentFrame(image, 0)], mirrored=False)
        scores.append(pack.score(decode(image), seen.seen[0].points))
        seen.wipe()
    return scores

"""What the passive networks say of London's photographs themselves, all taken of living people."""

from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from facepay.face.decode import decode
from facepay.face.observe import SentFrame, observe
from facepay.face.pad.passive import PassivePack
from facepay.face.pad.thresholds import thresholds
from tests.bench.pad_renders import LONDON

_QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)


def passive(pack: PassivePack | None, console: Console) -> dict[str, Any] | None:
    """Scores from 0 to 1 and how many are refused; None where no networks are installed."""
    if pack is None:
        return None
    limits, scores = thresholds().passive, []
    for file in track(sorted(LONDON.glob("*/*.jpg")), "looking at stills", console=console):
        image = file.read_bytes()
        seen = observe([SentFrame(image, 0)], mirrored=False)
        scores.append(pack.alive(decode(image), seen.seen[0].points))
        seen.wipe()
    return {
        "n": len(scores),
        "quantiles": [round(float(each), 4) for each in np.quantile(scores, _QUANTILES)],
        "refused": sum(score < limits.attack_below for score in scores),
        "unclear": sum(limits.attack_below <= score < limits.pass_from for score in scores),
    }

"""Measure the ranges that the quantised network needs: `make int8-ranges`.

Write service/facepay/face/models/int8_ranges.json: the least and the greatest value of each
activation, over near-frontal chips of rendered captures of the two public-domain portraits, plain
and mirrored. The ranges contain no pixels. A change of them needs a new
`converted.VERSIONS["int8"]` and a new calibration of the model.
"""

import json
from pathlib import Path

import numpy as np
from rich.progress import track

from facepay.face.model_store import ModelStore
from facepay.face.models import model_cache, quantise
from facepay.face.models.session import open_session
from facepay.face.observe import SentFrame, observe
from facepay.face.recognition import recognise
from facepay_rehearsal import bursts

TARGET = Path("service/facepay/face/models/int8_ranges.json")
CHALLENGES = (("turn_left", "turn_right"), ("turn_right", "turn_right"))
SEEDS = (3, 4)
_DIGITS = 6


def main() -> int:
    model = model_cache.load_model("fp32")
    names = quantise.activations(model)
    session = open_session(quantise.with_activation_outputs(model))
    ranges: dict[str, list[float]] = {name: [0.0, 0.0] for name in names}
    for chip in track(_chips(), "measuring activations"):
        for view in (chip, chip[:, ::-1]):
            found = session.run(names, {"chips": np.ascontiguousarray(view)[None]})
            for name, values in zip(names, found, strict=True):
                low, high = ranges[name]
                ranges[name] = [min(low, float(values.min())), max(high, float(values.max()))]
    rounded = {name: [float(f"{v:.{_DIGITS}g}") for v in pair] for name, pair in ranges.items()}
    lines = [f"  {json.dumps(name)}: {json.dumps(pair)}" for name, pair in rounded.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"wrote {TARGET}: {len(rounded)} activations")
    return 0


def _chips() -> list[np.ndarray]:
    embedder = ModelStore().embedder("dlib-resnet-v1-fp32")
    chips = []
    for name in ("eileen", "grace"):
        for steps in CHALLENGES:
            for seed in SEEDS:
                shots = bursts.genuine(name, steps, seed)
                seen = observe([SentFrame(s.jpeg, s.step) for s in shots], mirrored=False)
                frontal = [frame for frame in seen.seen if frame.near_frontal]
                chips += [
                    recognise.take_chip(frame.image, frame.points, embedder) for frame in frontal
                ]
    return chips


if __name__ == "__main__":
    raise SystemExit(main())

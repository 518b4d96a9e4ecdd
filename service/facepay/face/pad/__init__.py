"""Presentation attack detection (ISO/IEC 30107-3): decide whether a living person is present.

A capture reaches this package as an `Observation`, together with the challenge that was issued.
`sanity` first judges whether the frames come from a camera, in the order of the steps. If they do
not, nothing else is evaluated. Each other signal then measures one property and returns a verdict,
a score and a reason. `skin`, `motion`, `nods`, `patches` and `light_code` are measurements that
several signals share. Signals of colour and geometry run in one thread; networks and spectra run
beside them in a second. `evaluate` calls all signals, and overwrites every intermediate
measurement. `fusion` makes one outcome of all verdicts: bona fide, retry with guidance, or attack.
The thresholds of the verdicts are in thresholds.toml, and those of quality and detection in
`face.quality` and `face.detection`. docs/liveness.md lists the attacks that pass in spite of this,
with figures.

Signals and the attacks that each stops:

- `sanity`: still pictures sent as a video, repeated frames, hands before the face.
- `compliance`: still pictures, and recordings of another challenge.
- `depth`: flat and bent prints and screens, and paper masks.
- `light`: recordings, pictures made before the challenge was known, late relighting.
- `reflection`: displays whose glass reflects the light, and pictures tinted as a whole.
- `identity`: another person in the hold, in a step or in turns.
- `cover`: masks, scarves and hands over mouth and nose (the payer is asked to remove them).
- `passive` (optional networks): real prints and phone replays.
- `artefacts`: nothing by itself; traces of a print or screen raise the risk score.
"""

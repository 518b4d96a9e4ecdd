"""A calibration that a live profile accepts; tests spoil one thing of it at a time."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facepay.adapters.calibrator import calibrated_model, protocol_in_use
from facepay.domain.calibration import Calibration, Group, Measured
from facepay.face.calibration.confidence import upper_bound
from facepay.face.model_store import ModelStore
from facepay.face.models.cards import DEFAULT


def measured(
    *, false_matches: int = 3, impostor: int = 100_000, refused: int = 4, genuine: int = 400
) -> Measured:
    return Measured(
        persons=min(200, genuine),
        genuine=genuine,
        false_non_matches=refused,
        false_non_match_rate_upper_95=upper_bound(refused, genuine),
        impostor_persons=350,
        impostor=impostor,
        false_matches=false_matches,
        false_match_rate_upper_95=upper_bound(false_matches, impostor),
    )


def calibration(**changes: Any) -> Calibration:
    group = measured(false_matches=1, impostor=20_000, refused=2, genuine=100)
    made = Calibration(
        model=calibrated_model(ModelStore().card(DEFAULT)),
        protocol=protocol_in_use(),
        data_set="customers of a branch",
        pictures=1_500,
        unusable=12,
        threshold=0.3125,
        measured=measured(),
        groups=(Group("gender", "female", group),),
        made_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    )
    return replace(made, **changes)

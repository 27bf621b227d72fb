"""`score_calibrations`: the map from cosine to score that is in force for a model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.calibration import DEFAULT_CALIBRATION, DEFAULT_PROVENANCE, Calibration


@dataclass(frozen=True)
class StoredCalibration:
    """A calibration and its version."""

    id: int
    calibration: Calibration
    provenance: Mapping[str, Any]


def calibration_in_force(connection: Connection, model: str) -> StoredCalibration:
    """The newest calibration of a model; a model without one gets the packaged default, and says so."""
    query = text("SELECT id, knots, provenance FROM score_calibrations WHERE model = :model ORDER BY id DESC LIMIT 1")
    row = connection.execute(query, {"model": model}).one_or_none()
    if row is None:
        new_id = insert_calibration(connection, model, DEFAULT_CALIBRATION, DEFAULT_PROVENANCE, None)
        return StoredCalibration(new_id, DEFAULT_CALIBRATION, DEFAULT_PROVENANCE)
    return StoredCalibration(row.id, Calibration(tuple((c, s) for c, s in row.knots)), row.provenance)


def insert_calibration(
    connection: Connection, model: str, calibration: Calibration, provenance: Mapping[str, Any], run_id: str | None
) -> int:
    """Put a calibration in force; gives its id. Scores made with another one are stale from now on."""
    return int(
        connection.scalars(
            text(
                "INSERT INTO score_calibrations (model, knots, provenance, run_id) "
                "VALUES (:model, CAST(:knots AS jsonb), CAST(:provenance AS jsonb), :run_id) RETURNING id"
            ),
            {
                "model": model,
                "knots": json.dumps(calibration.knots),
                "provenance": json.dumps(dict(provenance)),
                "run_id": run_id,
            },
        ).one()
    )

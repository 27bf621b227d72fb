"""`score_calibrations`: the current map from cosine to score, for each model."""

import json
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.calibration import (
    DEFAULT_CALIBRATION,
    DEFAULT_PROVENANCE,
    Calibration,
    is_default_for,
)
from jobmatch_dagster.core.matching.embedding_text import WORDS_MARK


@dataclass(frozen=True)
class StoredCalibration:
    """A calibration and its version; 0 for one that has no row of its own yet."""

    id: int
    calibration: Calibration
    provenance: JsonObject

    @property
    def pairs(self) -> int:
        """Number of pairs that it was fitted on; 0 when that is not known."""
        pairs = self.provenance.get("pairs")
        return pairs if isinstance(pairs, int) else 0

    def is_of(self, model: str) -> bool:
        """Whether it was made for this model: the packaged one means nothing to another."""
        return self.provenance.get("source") != DEFAULT_PROVENANCE["source"] or is_default_for(model)


def read_calibration(connection: Connection, model: str) -> StoredCalibration:
    """The current calibration of a model: its newest.

    A model without one has that of the same model with other word lists, else the packaged default.
    """
    query = text(
        "SELECT id, model, knots, provenance FROM score_calibrations "
        "WHERE split_part(model, :mark, 1) = split_part(:model, :mark, 1) ORDER BY model = :model DESC, id DESC LIMIT 1"
    )
    row = connection.execute(query, {"model": model, "mark": WORDS_MARK}).one_or_none()
    if row is None:
        return StoredCalibration(0, DEFAULT_CALIBRATION, DEFAULT_PROVENANCE)
    calibration = Calibration(tuple((c, s) for c, s in row.knots))
    if row.model != model:
        return StoredCalibration(0, calibration, {**row.provenance, "taken_over_from": row.id})
    return StoredCalibration(row.id, calibration, row.provenance)


def ensure_calibration(connection: Connection, model: str) -> StoredCalibration:
    """As `read_calibration`; one without a row gets one, so that scores can name it."""
    current = read_calibration(connection, model)
    if current.id:
        return current
    return replace(current, id=insert_calibration(connection, model, current.calibration, current.provenance, None))


def insert_calibration(
    connection: Connection, model: str, calibration: Calibration, provenance: JsonObject, run_id: str | None
) -> int:
    """Make a calibration the current one; returns its id. Scores made with another one are stale from now on."""
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

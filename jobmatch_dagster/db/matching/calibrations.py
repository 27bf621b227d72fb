"""`score_calibrations`: how two texts become a semantic score, for each model."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.calibration import (
    DEFAULT_CALIBRATION,
    DEFAULT_PROVENANCE,
    Calibration,
    is_default_for,
)
from jobmatch_dagster.core.matching.embedding_text import WORDS_MARK
from jobmatch_dagster.core.matching.likeness import Frequencies, Lens, catalog_frequencies
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class StoredCalibration:
    """A calibration and its version; 0 for one that has no row of its own yet."""

    id: int
    calibration: Calibration
    provenance: JsonObject

    @property
    def is_packaged(self) -> bool:
        """Whether nothing of this catalog is in it yet."""
        return self.provenance.get("source") == DEFAULT_PROVENANCE["source"]

    @property
    def pairs(self) -> int:
        """Number of pairs that it was fitted on; 0 when that is not known."""
        pairs = self.provenance.get("pairs")
        return pairs if isinstance(pairs, int) else 0

    def is_of(self, model: str) -> bool:
        """Whether it was made for this model: the packaged one means nothing to another."""
        return not self.is_packaged or is_default_for(model)


def read_calibration(connection: Connection, model: str) -> StoredCalibration:
    """The current calibration of a model: its newest.

    A model without one has that of the same model with other word lists, else the packaged default.
    """
    query = text(
        "SELECT * FROM score_calibrations "
        "WHERE split_part(model, :mark, 1) = split_part(:model, :mark, 1) ORDER BY model = :model DESC, id DESC LIMIT 1"
    )
    row = connection.execute(query, {"model": model, "mark": WORDS_MARK}).one_or_none()
    if row is None:
        return StoredCalibration(0, DEFAULT_CALIBRATION, DEFAULT_PROVENANCE)
    calibration = _calibration(row)
    if row.model != model:
        return StoredCalibration(0, calibration, {**row.provenance, "taken_over_from": row.id})
    return StoredCalibration(row.id, calibration, row.provenance)


def ensure_calibration(connection: Connection, model: str) -> StoredCalibration:
    """As `read_calibration`; one without a row gets one, so that scores can name it."""
    current = read_calibration(connection, model)
    if current.id:
        return current
    return replace(current, id=insert_calibration(connection, model, current.calibration, current.provenance, None))


def discard_calibration(connection: Connection, calibration_id: int) -> None:
    """Remove a calibration; the one before it is the current one again. Scores made with it are stale from now on."""
    connection.execute(text("DELETE FROM score_calibrations WHERE id = :id"), {"id": calibration_id})


def insert_calibration(
    connection: Connection, model: str, calibration: Calibration, provenance: JsonObject, run_id: str | None
) -> int:
    """Make a calibration the current one; returns its id. Scores made with another one are stale from now on."""
    lens, frequencies = calibration.lens, calibration.frequencies
    values = {
        "model": model,
        "knots": json.dumps(calibration.knots),
        "lens_mean": None if lens is None else lens.mean.tolist(),
        "lens_direction": None if lens is None else lens.direction.tolist(),
        "postings_counted": frequencies.postings,
        "skill_counts": json.dumps(dict(frequencies.skills)),
        "word_counts": json.dumps(dict(frequencies.words)),
        "provenance": json.dumps(dict(provenance)),
        "run_id": run_id,
    }
    return int(run_query(connection, "matching/insert_calibration", values)[0].id)


def read_frequencies(connection: Connection, postings: int) -> Frequencies:
    """How many of the open postings, of which there are so many, name each skill and title word."""
    skills = run_query(connection, "matching/skill_counts")
    words = run_query(connection, "matching/title_word_counts")
    return catalog_frequencies(
        postings, ((row.skill, row.postings) for row in skills), ((row.word, row.postings) for row in words)
    )


def _calibration(row: Row[Any]) -> Calibration:
    lens = None
    if row.lens_mean is not None:
        lens = Lens(np.array(row.lens_mean, np.float32), np.array(row.lens_direction, np.float32))
    frequencies = Frequencies(row.postings_counted, row.skill_counts, row.word_counts)
    return Calibration(tuple((place, score) for place, score in row.knots), lens, frequencies)

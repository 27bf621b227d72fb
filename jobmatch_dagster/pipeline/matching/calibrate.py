"""From the catalogue's cosines to a calibration in force.

Put here the order of the steps; the fit stands in `core/matching/calibration.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.matching.calibration import Calibration, fit_calibration
from jobmatch_dagster.db.catalog.embedding_models import model_in_force
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.matching import matches
from jobmatch_dagster.db.matching.calibrations import StoredCalibration, calibration_in_force, insert_calibration

# Fewer people than this are no picture of a market, however many postings there are.
MIN_PROFILES_TO_FIT = 25
# Pairs that a fit looks at; percentiles of a sample of this size move by less than a thousandth.
_SAMPLED_PAIRS = 2_000_000
# Cosines that differ by less are the same knot: a new calibration makes every score stale.
_SAME_KNOT = 0.005


@dataclass(frozen=True)
class FittedCalibration:
    """What a fit found; `stored` is in force afterwards, `similarities` is the sample it looked at."""

    stored: StoredCalibration
    profiles: int
    postings: int
    similarities: NDArray[np.float32]
    is_new: bool
    note: str


def fit(database: Database, model: str, run_id: str) -> FittedCalibration:
    """Fit the calibration to the cosines of all active users and open postings, and put it in force.

    A fit that says what is in force already changes nothing. Too few users are no picture: then it stays too, unless it
    is another model's.
    """
    with database.begin() as connection:
        lock(connection, MATCHING)
        return _fit(connection, model_in_force(connection, model), run_id)


def calibration_to_use(connection: Connection, model: str, run_id: str) -> StoredCalibration:
    """The calibration in force; a model without one of its own is fitted on what there is before it scores a pair."""
    held = calibration_in_force(connection, model)
    return held if held.is_of(model) else _fit(connection, model, run_id).stored


def _fit(connection: Connection, model: str, run_id: str) -> FittedCalibration:
    held = calibration_in_force(connection, model)
    matches.select_postings(connection, model, "", everything=True)
    profiles, profile_vectors = matches.read_profiles(connection, model)
    postings, posting_vectors = matches.read_postings(connection, model)
    connection.exec_driver_sql("DROP TABLE postings_to_match")
    similarities = _sample(profile_vectors, posting_vectors)
    counts = (len(profiles), len(postings), similarities)
    # The cosines of few users tell more of a model than those of another model do.
    if len(profiles) < MIN_PROFILES_TO_FIT and held.is_of(model):
        note = f"{len(profiles)} users are too few to fit on ({MIN_PROFILES_TO_FIT} are needed)"
        return FittedCalibration(held, *counts, False, note)
    try:
        fitted = fit_calibration(similarities)
    except ValueError as error:
        return FittedCalibration(held, *counts, False, str(error))
    if held.is_of(model) and _alike(fitted, held.calibration):
        return FittedCalibration(held, *counts, False, "the calibration in force fits already")
    provenance = {
        "source": "fitted on the catalogue",
        "profiles": len(profiles),
        "postings": len(postings),
        "pairs": int(similarities.size),
        "model": model,
    }
    new_id = insert_calibration(connection, model, fitted, provenance, run_id)
    return FittedCalibration(StoredCalibration(new_id, fitted, provenance), *counts, True, "put in force")


def _sample(profiles: NDArray[np.float32], postings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines of all pairs, or of every user with an even share of the postings."""
    most = max(1, _SAMPLED_PAIRS // max(1, len(profiles)))
    step = max(1, -(-len(postings) // most))
    if not (len(profiles) and len(postings)):
        return np.empty(0, np.float32)
    similarities: NDArray[np.float32] = (profiles @ postings[::step].T).ravel()
    return similarities


def _alike(one: Calibration, other: Calibration) -> bool:
    return len(one.knots) == len(other.knots) and all(
        abs(a[0] - b[0]) < _SAME_KNOT and a[1] == b[1] for a, b in zip(one.knots, other.knots, strict=True)
    )

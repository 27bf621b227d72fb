"""From the cosines of the catalog to its calibration. The fit itself is in `core/matching/calibration.py`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.calibration import Calibration, fit_calibration
from jobmatch_dagster.db.catalog.embedding_models import ensure_current_model
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.matching.calibrations import StoredCalibration, ensure_calibration, insert_calibration
from jobmatch_dagster.db.matching.chosen_postings import choose_open_postings, read_posting_vectors
from jobmatch_dagster.db.matching.current_profiles import read_profiles

# Fewer users than this do not represent a market, however many postings there are.
MIN_PROFILES_TO_FIT = 25
# Most pairs of a fit; percentiles of a sample of this size vary by less than a thousandth.
_SAMPLED_PAIRS = 2_000_000
# Cosines that differ by less are the same knot: a new calibration makes every score stale.
_SAME_KNOT = 0.005


@dataclass(frozen=True)
class FittedCalibration:
    """What a fit found; `stored` is the current calibration afterwards, `similarities` is the fitted sample."""

    stored: StoredCalibration
    profiles: int
    postings: int
    similarities: NDArray[np.float32]
    is_new: bool
    note: str


def fit(database: Database, model: str, run_id: str) -> FittedCalibration:
    """Fit the calibration to the cosines of all active users and open postings, and make it the current one.

    A fit that equals the current one changes nothing. With too few users nothing changes either, unless the current
    calibration belongs to another model.
    """
    with database.begin() as connection:
        lock(connection, MATCHING)
        return _fit(connection, ensure_current_model(connection, model), run_id)


def ensure_fitted_calibration(connection: Connection, model: str, run_id: str) -> StoredCalibration:
    """The current calibration. A model without one is fitted to the existing pairs before it scores any."""
    current = ensure_calibration(connection, model)
    return current if current.is_of(model) else _fit(connection, model, run_id).stored


def _fit(connection: Connection, model: str, run_id: str) -> FittedCalibration:
    current = ensure_calibration(connection, model)
    postings = choose_open_postings(connection, model)
    profiles, profile_vectors = read_profiles(connection, model)
    posting_vectors = read_posting_vectors(connection, model, postings)
    similarities = _sample(profile_vectors, posting_vectors)
    counts = (len(profiles), len(postings), similarities)
    # Cosines of a few users describe a model better than the cosines of another model do.
    if len(profiles) < MIN_PROFILES_TO_FIT and current.is_of(model):
        note = f"{len(profiles)} users are too few to fit on ({MIN_PROFILES_TO_FIT} are needed)"
        return FittedCalibration(current, *counts, False, note)
    try:
        fitted = fit_calibration(similarities)
    except ValueError as error:
        return FittedCalibration(current, *counts, False, str(error))
    if current.is_of(model) and _alike(fitted, current.calibration):
        return FittedCalibration(current, *counts, False, "the current calibration fits already")
    provenance: JsonObject = {
        "source": "fitted on the catalog",
        "profiles": len(profiles),
        "postings": len(postings),
        "pairs": int(similarities.size),
        "model": model,
    }
    new_id = insert_calibration(connection, model, fitted, provenance, run_id)
    return FittedCalibration(
        StoredCalibration(new_id, fitted, provenance), *counts, True, "a new calibration is current"
    )


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

"""From the catalog to its calibration: its lens, its frequencies, its knots. The fits are in `core/matching`."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.block_engine import ProfileBlock, likenesses
from jobmatch_dagster.core.matching.calibration import (
    DEFAULT_LENS_KNOTS,
    Calibration,
    fit_knots,
    fit_lens,
    is_default_for,
)
from jobmatch_dagster.db.catalog.embedding_models import ensure_current_model
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import CALIBRATING, MATCHING, lock
from jobmatch_dagster.db.matching.calibrations import (
    StoredCalibration,
    ensure_calibration,
    insert_calibration,
    read_frequencies,
)
from jobmatch_dagster.db.matching.chosen_postings import ChosenPostings, choose_open_postings
from jobmatch_dagster.pipeline.matching.pairs import LoadedPairs, ensure_derived, read_pairs
from jobmatch_dagster.pipeline.matching.settings import MatchSettings

# Fewer users than this do not represent a market, fewer postings not a catalog.
MIN_PROFILES_TO_FIT, MIN_POSTINGS_TO_FIT = 25, 500
# Most postings and pairs of a fit; percentiles of samples of this size vary by less than a thousandth.
_SAMPLED_POSTINGS, _SAMPLED_PAIRS = 5_000, 2_000_000
# A new calibration makes every score stale, so one that moves scores by less than a point on average is left out.
_SAME_POINTS = 1.0


@dataclass(frozen=True)
class FittedCalibration:
    """What a fit found; `stored` is the current calibration afterwards, `likenesses` are those of the sample."""

    stored: StoredCalibration
    profiles: int
    postings: int
    likenesses: NDArray[np.float32]
    is_new: bool
    note: str


def fit(database: Database, settings: MatchSettings, run_id: str) -> FittedCalibration:
    """Fit the calibration to all active users and open postings, and make it the current one.

    A fit that scores as the current one does changes nothing.
    """
    with database.begin() as connection:
        lock(connection, CALIBRATING)
        lock(connection, MATCHING)
        return _fit(connection, replace(settings, model=ensure_current_model(connection, settings.model)), run_id)


def ensure_fitted_calibration(connection: Connection, settings: MatchSettings, run_id: str) -> StoredCalibration:
    """The current calibration of the settings' model. The packaged one is replaced as soon as there is a catalog.

    A model without a calibration of its own is fitted to the existing pairs before it scores any.
    """
    current = ensure_calibration(connection, settings.model)
    if not current.is_packaged:
        return current
    if current.is_of(settings.model) and len(choose_open_postings(connection, settings.model)) < MIN_POSTINGS_TO_FIT:
        return current
    return _fit(connection, settings, run_id).stored


def _fit(connection: Connection, settings: MatchSettings, run_id: str) -> FittedCalibration:
    current = ensure_calibration(connection, settings.model)
    chosen = choose_open_postings(connection, settings.model)
    sample_of_postings = chosen.sample(_SAMPLED_POSTINGS)
    # What is derived of the sample is stored, so that the frequencies know it.
    derived = ensure_derived(connection, settings, sample_of_postings)
    loaded = read_pairs(connection, settings, sample_of_postings, derived, None)
    fitted, note = _fitted(connection, settings.model, current, chosen, loaded)
    sample = _likenesses(loaded, fitted or current.calibration)
    counts = (len(loaded.profiles), len(chosen), sample)
    if fitted is None:
        return FittedCalibration(current, *counts, False, note)
    if not current.is_packaged and _alike(current.calibration, fitted, loaded, sample):
        return FittedCalibration(current, *counts, False, "the current calibration fits already")
    provenance: JsonObject = {
        "source": "fitted on the catalog",
        "profiles": len(loaded.profiles),
        "postings": len(chosen),
        "pairs": int(sample.size),
        "model": settings.model,
    }
    new_id = insert_calibration(connection, settings.model, fitted, provenance, run_id)
    return FittedCalibration(StoredCalibration(new_id, fitted, provenance), *counts, True, note)


def _fitted(
    connection: Connection, model: str, current: StoredCalibration, chosen: ChosenPostings, loaded: LoadedPairs
) -> tuple[Calibration | None, str]:
    """The fit, or None, and what to say of it. With few users the packaged model keeps its packaged scale."""
    has_catalog = len(chosen) >= MIN_POSTINGS_TO_FIT
    has_market = has_catalog and len(loaded.profiles) >= MIN_PROFILES_TO_FIT
    if current.is_of(model) and not has_catalog:
        return None, f"{len(chosen)} postings are too few to fit on ({MIN_POSTINGS_TO_FIT} are needed)"
    seen = Calibration(())
    if has_catalog:
        seen = Calibration((), fit_lens(loaded.posting_block.vectors), read_frequencies(connection, len(chosen)))
    if is_default_for(model) and not has_market:
        few = f"{len(loaded.profiles)} users are too few to fit the scale on ({MIN_PROFILES_TO_FIT} are needed)"
        return replace(seen, knots=DEFAULT_LENS_KNOTS), f"lens and frequencies are new; {few}"
    # Likenesses of a few pairs describe a model better than those of another model do.
    try:
        return replace(seen, knots=fit_knots(_likenesses(loaded, seen))), "a new calibration is current"
    except ValueError as error:
        return None, str(error)


def _likenesses(loaded: LoadedPairs, calibration: Calibration) -> NDArray[np.float32]:
    """Likenesses of a sample of the pairs: of every posting with an even share of the users; shape (pairs,)."""
    profiles, postings = loaded.profile_block, loaded.posting_block
    step = max(1, -(-len(profiles.facts) * len(postings.facts) // _SAMPLED_PAIRS))
    sample = ProfileBlock(profiles.vectors[::step], profiles.facts[::step])
    return likenesses(sample, postings, loaded.rules.similar_skills, calibration).ravel()


def _alike(one: Calibration, other: Calibration, loaded: LoadedPairs, likenesses_of_other: NDArray[np.float32]) -> bool:
    """Whether two calibrations give the same scores, by their mean distance on the sample."""
    before, after = one.exact_score(_likenesses(loaded, one)), other.exact_score(likenesses_of_other)
    return not before.size or bool(np.abs(before - after).mean() < _SAME_POINTS)

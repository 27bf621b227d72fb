"""How good the matching is, measured on pairs with a known answer, and how its scores are spread.

Put here the order of the steps; measures and fits stand in `core/evaluation.py` and `core/calibration.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.calibration import Calibration, fit_calibration
from jobmatch_dagster.core.embedding_text import posting_text
from jobmatch_dagster.core.evaluation import (
    Bm25,
    LabelledPairs,
    RankingQuality,
    load_labelled_pairs,
    ranked_labels,
    ranking_quality,
)
from jobmatch_dagster.core.matching import PostingBlock, ProfileBlock, explain_pair
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profile import Profile, extract_profile
from jobmatch_dagster.core.scoring import Weights
from jobmatch_dagster.db import matches
from jobmatch_dagster.db.calibrations import StoredCalibration, calibration_in_force, insert_calibration
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import MATCHING, lock
from jobmatch_dagster.resources.embedder import EmbedderResource

# The labelled CVs were written in this month: what they call "today" ends here, so a figure stays the same.
_LABELLED_ON = date(2026, 9, 1)
# Fewer people than this are no picture of a market, however many postings there are.
MIN_PROFILES_TO_FIT = 25
# Pairs that a fit looks at; percentiles of a sample of this size move by less than a thousandth.
_SAMPLED_PAIRS = 2_000_000
# Cosines that differ by less are the same knot: a new calibration makes every score stale.
_SAME_KNOT = 0.005

Scorer = Callable[[str, str], float | None]


@dataclass(frozen=True)
class MeasuredQuality:
    """Ranking quality by method: the match score, its semantic part alone, and BM25 as the baseline."""

    by_method: Mapping[str, RankingQuality]
    cvs: int
    postings: int
    pairs: int


@dataclass(frozen=True)
class FittedCalibration:
    """What a fit found; `stored` is in force afterwards, `similarities` is the sample it looked at."""

    stored: StoredCalibration
    profiles: int
    postings: int
    similarities: NDArray[np.float32]
    is_new: bool
    note: str


def measure_quality(embedder: EmbedderResource, calibration: Calibration, weights: Weights) -> MeasuredQuality:
    """Rank the postings of the project's labelled pairs for each of their CVs, by every method."""
    labelled = load_labelled_pairs()
    score, semantic = _engine_scorers(labelled, embedder, calibration, weights)
    methods = {"match_score": score, "semantic_score": semantic, "bm25": _bm25_scorer(labelled)}
    return MeasuredQuality(
        by_method={name: _quality(labelled, scorer) for name, scorer in methods.items()},
        cvs=len(labelled.cvs),
        postings=len(labelled.postings),
        pairs=len(labelled.pairs),
    )


def fit(database: Database, model: str, run_id: str) -> FittedCalibration:
    """Fit the calibration to the cosines of all active users and open postings, and put it in force.

    A fit that says what is in force already changes nothing. Too few users are no picture: then it stays too.
    """
    with database.begin() as connection:
        lock(connection, MATCHING)
        held = calibration_in_force(connection, model)
        matches.select_postings(connection, model, "", everything=True)
        profiles, profile_vectors = matches.read_profiles(connection, model)
        postings, posting_vectors = matches.read_postings(connection, model)
        similarities = _sample(profile_vectors, posting_vectors)
        counts = (len(profiles), len(postings), similarities)
        if len(profiles) < MIN_PROFILES_TO_FIT:
            note = f"{len(profiles)} users are too few to fit on ({MIN_PROFILES_TO_FIT} are needed)"
            return FittedCalibration(held, *counts, False, note)
        try:
            fitted = fit_calibration(similarities)
        except ValueError as error:
            return FittedCalibration(held, *counts, False, str(error))
        if _alike(fitted, held.calibration):
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


def _quality(labelled: LabelledPairs, scorer: Scorer) -> RankingQuality:
    rankings = []
    for cv in labelled.cvs:
        labels = labelled.labels(cv)
        rankings.append(ranked_labels({posting: scorer(cv, posting) for posting in labels}, labels))
    return ranking_quality(rankings)


def _engine_scorers(
    labelled: LabelledPairs, embedder: EmbedderResource, calibration: Calibration, weights: Weights
) -> tuple[Scorer, Scorer]:
    profiles = {key: extract_profile(cv.text, today=_LABELLED_ON) for key, cv in labelled.cvs.items()}
    postings = dict(labelled.postings)
    texts = [profile.embedding_text for profile in profiles.values()]
    profile_block = _profile_block(list(profiles.values()), embedder.encode(texts).vectors)
    texts = [_text_of(posting) for posting in postings.values()]
    posting_block = _posting_block(list(postings.values()), embedder.encode(texts).vectors)
    users = {key: place for place, key in enumerate(profiles)}
    jobs = {key: place for place, key in enumerate(postings)}

    def explain(cv: str, posting: str) -> Any:
        return explain_pair(profile_block, posting_block, users[cv], jobs[posting], calibration, weights)

    def score(cv: str, posting: str) -> float | None:
        pair = explain(cv, posting)
        return None if pair.unfit else pair.match

    def semantic(cv: str, posting: str) -> float | None:
        return float(explain(cv, posting).similarity)

    return score, semantic


def _bm25_scorer(labelled: LabelledPairs) -> Scorer:
    places = {key: place for place, key in enumerate(labelled.postings)}
    index = Bm25([_text_of(posting) for posting in labelled.postings.values()])
    scores = {key: index.scores(cv.text) for key, cv in labelled.cvs.items()}
    return lambda cv, posting: float(scores[cv][places[posting]])


def _profile_block(profiles: list[Profile], vectors: NDArray[np.float32]) -> ProfileBlock:
    return ProfileBlock(
        vectors=vectors,
        skills=[profile.skills for profile in profiles],
        experience_level=[profile.experience_level for profile in profiles],
        industries=[profile.industries for profile in profiles],
        work_arrangements=[profile.work_arrangements for profile in profiles],
    )


def _posting_block(postings: list[Posting], vectors: NDArray[np.float32]) -> PostingBlock:
    return PostingBlock(
        vectors=vectors,
        skills=[posting.ai_key_skills for posting in postings],
        experience_level=[posting.ai_experience_level for posting in postings],
        industries=[posting.ai_taxonomies_a for posting in postings],
        work_arrangement=[posting.ai_work_arrangement for posting in postings],
    )


def _text_of(posting: Posting) -> str:
    return posting_text(
        title=posting.title,
        key_skills=posting.ai_key_skills,
        keywords=posting.ai_keywords,
        core_responsibilities=posting.ai_core_responsibilities,
        requirements_summary=posting.ai_requirements_summary,
        description=posting.description,
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

"""Rankings of postings for CVs without a database: by the engine, BM25 and the plain cosine of the same model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.block_engine import MatchTable, PostingBlock, ProfileBlock, match_blocks
from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.embedding_text import (
    posting_text,
    posting_text_to_embed,
    profile_text_to_embed,
)
from jobmatch_dagster.core.matching.judge import ScoringRules, facts_of_profile
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.matching.scoring import PARTS, Weights
from jobmatch_dagster.core.matching.title_text import profile_title_words
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.core.quality.bm25 import Bm25
from jobmatch_dagster.core.quality.evaluation import RankingQuality, ndcg_at, ranked_labels, ranking_quality
from jobmatch_dagster.core.quality.judged import Ablation, ablation
from jobmatch_dagster.core.quality.labelled_pairs import LabelledPairs, load_labelled_pairs
from jobmatch_dagster.core.vocabulary.similar_skills import by_name, comparable, names_compared, neighbours
from jobmatch_dagster.core.vocabulary.skill_match import Similar, skill_ids
from jobmatch_dagster.resources.embedder import EmbedderResource

# The score that orders a user's matches, and the methods that it must beat.
ENGINE, BASELINES = "match", ("bm25", "plain_cosine")
# The labelled CVs were written in this month; a fixed "today" gives the same numbers at any time.
_LABELLED_ON = date(2026, 9, 1)
_EXCLUDED = -1.0


@dataclass(frozen=True)
class Scores:
    """The scores of every pair, shape (CVs, postings), by method and without a part of ours; higher is better."""

    by_method: Mapping[str, NDArray[np.float32]]
    without: Mapping[str, NDArray[np.float32]]


def score_pairs(
    cvs: Sequence[str],
    postings: Sequence[Posting],
    embedder: EmbedderResource,
    calibration: Calibration,
    weights: Weights,
    *,
    today: date,
    similar_skills: bool = True,
) -> Scores:
    """Score CVs (texts) with postings by every method, as the pipeline does without preferences of users.

    `without` of the result has for each part of the score what pairs score when it has no weight.
    """
    blocks = pair_blocks(cvs, postings, embedder, today=today, similar_skills=similar_skills)
    table = blocks.match(weights, calibration)
    found = {ENGINE: blocks.filled(table, table.exact), "semantic": blocks.filled(table, table.semantic)}
    plain = [posting_text(posting) for posting in postings]
    index = Bm25(plain)
    found["bm25"] = np.stack([index.scores(cv) for cv in cvs])
    found["plain_cosine"] = embedder.encode(list(cvs)).vectors @ embedder.encode(plain).vectors.T
    without = {}
    for part in PARTS:
        table = blocks.match(replace(weights, **{part: 0}), calibration)
        without[part] = blocks.filled(table, table.exact)
    return Scores(found, without)


@dataclass(frozen=True)
class PairBlocks:
    """CVs and postings as the engine takes them."""

    profiles: ProfileBlock
    postings: PostingBlock
    similar: Similar

    def match(self, weights: Weights, calibration: Calibration) -> MatchTable:
        """Every pair, scored with these weights."""
        return match_blocks(self.profiles, self.postings, ScoringRules(weights, self.similar), calibration, floor=0)

    def filled(self, table: MatchTable, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values of the table's pairs as an array of shape (CVs, postings); excluded pairs have less than any."""
        filled = np.full((len(self.profiles.vectors), len(self.postings.vectors)), _EXCLUDED, np.float32)
        filled[table.user, table.posting] = values
        return filled


def pair_blocks(
    cvs: Sequence[str],
    postings: Sequence[Posting],
    embedder: EmbedderResource,
    *,
    today: date,
    similar_skills: bool = True,
) -> PairBlocks:
    """Read CVs and postings and embed them, as the pipeline does."""
    profiles = [extract_profile(cv, today=today) for cv in cvs]
    facts = [derive_facts(posting) for posting in postings]
    heads = embedder.encode([profile_text_to_embed(profile.embedding_text) for profile in profiles])
    return PairBlocks(
        ProfileBlock(
            heads.vectors,
            [facts_of_profile(profile, profile_title_words(profile.embedding_text)) for profile in profiles],
        ),
        PostingBlock(embedder.encode([posting_text_to_embed(posting) for posting in postings]).vectors, facts),
        _similar([fact.skills for fact in facts], embedder) if similar_skills else {},
    )


@dataclass(frozen=True)
class LabelledMeasures:
    """Ranking quality on the project's labelled pairs, by method, and what each part of the score adds there."""

    by_method: Mapping[str, RankingQuality]
    ablations: Sequence[Ablation]


def measure_labelled(embedder: EmbedderResource, calibration: Calibration, weights: Weights) -> LabelledMeasures:
    """Measure every method, and our score without each of its parts."""
    labelled = load_labelled_pairs()
    keys = list(labelled.postings)
    scores = score_pairs(
        [cv.text for cv in labelled.cvs.values()],
        [labelled.postings[key] for key in keys],
        embedder,
        calibration,
        weights,
        today=_LABELLED_ON,
    )

    def ndcg_by_cv(table: NDArray[np.float32]) -> list[float]:
        rankings = _rankings(labelled, keys, table)
        return [value for labels in rankings if (value := ndcg_at(labels)) is not None]

    whole = ndcg_by_cv(scores.by_method[ENGINE])
    return LabelledMeasures(
        {name: ranking_quality(_rankings(labelled, keys, table)) for name, table in scores.by_method.items()},
        [ablation(part, whole, ndcg_by_cv(table)) for part, table in scores.without.items()],
    )


def _rankings(labelled: LabelledPairs, keys: Sequence[str], scores: NDArray[np.float32]) -> list[list[int]]:
    """For each CV the labels of its judged postings, best score first."""
    places = {key: place for place, key in enumerate(keys)}
    rankings = []
    for row, cv in enumerate(labelled.cvs):
        labels = labelled.labels(cv)
        rankings.append(ranked_labels({key: float(scores[row, places[key]]) for key in labels}, labels))
    return rankings


def _similar(skills: Sequence[Sequence[str] | None], embedder: EmbedderResource) -> Similar:
    """Skills that are related by their vectors, for the skills of each posting."""
    wanted = comparable(skill for of_posting in skills for skill in skill_ids(of_posting))
    names = names_compared()
    vectors = embedder.encode([*names, *wanted]).vectors
    return by_name(neighbours(wanted, vectors[len(names) :], vectors[: len(names)]))

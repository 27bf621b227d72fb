"""What a matching worked on and wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.block_engine import MatchTable
from jobmatch_dagster.core.matching.score_counts import HIGHEST_SCORE, count_scores
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD


def _no_scores() -> dict[str, NDArray[np.int64]]:
    return {name: np.zeros(HIGHEST_SCORE + 1, np.int64) for name in ("match_score", "semantic_score")}


@dataclass(frozen=True)
class MatchReport:
    """Numbers of one transaction, or of several that are added up."""

    users: int = 0
    postings: int = 0
    pairs: int = 0
    kept: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    to_claude: int = 0
    scoring_key: str = ""
    embedding_model: str = ""
    scores: Mapping[str, NDArray[np.int64]] = field(default_factory=_no_scores)
    """How many of the kept pairs have each score of 0..100: `match_score` and `semantic_score`."""

    def __add__(self, other: "MatchReport") -> "MatchReport":
        added = ("pairs", "kept", "inserted", "updated", "unchanged", "removed", "to_claude")
        return MatchReport(
            users=max(self.users, other.users),
            postings=max(self.postings, other.postings),
            scoring_key=other.scoring_key or self.scoring_key,
            embedding_model=other.embedding_model or self.embedding_model,
            scores={name: counts + other.scores[name] for name, counts in self.scores.items()},
            **{name: getattr(self, name) + getattr(other, name) for name in added},
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "MatchReport":
        """The report that `as_json` has written."""
        scores = {name: np.array(counts, np.int64) for name, counts in stored["scores"].items()}
        return cls(**{**stored, "scores": scores})

    def as_json(self) -> dict[str, Any]:
        """The report for another process."""
        return {**vars(self), "scores": {name: counts.tolist() for name, counts in self.scores.items()}}


def sum_reports(of_buckets: Sequence[MatchReport]) -> MatchReport:
    """The reports of all buckets as one: their users are different, most of their postings the same."""
    total = sum(of_buckets, MatchReport())
    return replace(total, users=sum(report.users for report in of_buckets))


def score_counts(table: MatchTable) -> dict[str, NDArray[np.int64]]:
    """How many of the kept pairs have each score."""
    return {"match_score": count_scores(table.score), "semantic_score": count_scores(table.semantic)}


def count_for_claude(table: MatchTable) -> int:
    """How many of the kept pairs Claude is asked about."""
    return int((table.semantic >= CLAUDE_THRESHOLD).sum())

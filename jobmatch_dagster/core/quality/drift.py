"""Drift of scores: medians of one run against the medians of the runs before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SCORES = ("match_score", "semantic_score")
# A run with fewer matches has no meaningful distribution; fewer runs give no usual median.
_MIN_PAIRS, _MIN_RUNS = 50, 5


@dataclass(frozen=True)
class ScoreDrift:
    """`points` is the newest median minus the usual one, by score; empty where they cannot be compared."""

    runs_compared: int
    pairs: int
    points: Mapping[str, float]

    def is_within(self, most_points: float) -> bool:
        """Whether no median moved further than this."""
        return all(abs(points) <= most_points for points in self.points.values())


def score_drift(runs: Sequence[Mapping[str, float]]) -> ScoreDrift:
    """Compare the newest run with the runs before it.

    Args:
        runs: numeric metadata of `matching/semantic_matches` by run, newest first: `pairs_kept`, `match_score_p50`,
            `semantic_score_p50`. Runs with few matches are ignored.
    """
    large = [run for run in runs if run.get("pairs_kept", 0) >= _MIN_PAIRS]
    newest, before = (large[0], large[1:]) if large and large[0] is runs[0] else ({}, large)
    points = {}
    for name in SCORES:
        key = f"{name}_p50"
        if len(before) >= _MIN_RUNS and key in newest and all(key in run for run in before):
            points[name] = newest[key] - median(run[key] for run in before)
    return ScoreDrift(len(before), int(newest.get("pairs_kept", 0)), points)

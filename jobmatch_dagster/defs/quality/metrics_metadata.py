"""Metadata of the quality assets: measures as numbers, tables and pictures."""

from collections.abc import Sequence
from dataclasses import astuple
from statistics import fmean
from typing import Any

import dagster as dg
import numpy as np

from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.core.quality.claude_calibration import MIN_ANSWERS, ClaudeCalibration
from jobmatch_dagster.core.quality.judged import Ablation
from jobmatch_dagster.core.quality.user_answers import MIN_OF_EACH, AnswerQuality
from jobmatch_dagster.observability.plots import histogram
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.pipeline.matching.calibrate import FittedCalibration
from jobmatch_dagster.pipeline.quality.ranking import BASELINES, ENGINE, LabelledMeasures
from jobmatch_dagster.pipeline.quality.real_data import FieldQuality, RealMeasures
from jobmatch_dagster.pipeline.quality.stored_scores import StoredScores

_MEASURES = ("ndcg_at_10", "precision_at_10", "recall_at_10", "mean_reciprocal_rank")
_FIELD_MEASURES = ("in_top_ten", "precision_at_10", "ndcg_at_10")
# Points of a sample that a picture shows; more change nothing that can be seen.
_PLOTTED = 100_000


def labelled_metadata(measured: LabelledMeasures) -> dict[str, Any]:
    """The engine and the baselines on the labelled pairs, with a table of all methods and one of our parts."""
    by_method = measured.by_method
    engine = by_method[ENGINE]
    rows = [(name, *(getattr(quality, measure) for measure in _MEASURES)) for name, quality in by_method.items()]
    return {
        **{measure: getattr(engine, measure) or 0.0 for measure in _MEASURES},
        **{f"{name}_ndcg_at_10": by_method[name].ndcg_at_10 or 0.0 for name in BASELINES},
        "labelled_cvs": engine.queries,
        "methods": preview(rows, ("method", *_MEASURES)),
        "ablation": _ablations(measured.ablations),
    }


def _ablations(measured: Sequence[Ablation]) -> dg.MetadataValue[Any]:
    """What each part of the score adds to a ranking."""
    rows = [
        (
            found.part.replace("_", " "),
            round(found.ndcg_at_10, 4),
            round(found.difference, 4),
            "unknown" if found.interval is None else f"{found.interval[0]:+.4f} to {found.interval[1]:+.4f}",
        )
        for found in measured
    ]
    return preview(rows, ("part", "ndcg_at_10 without it", "what it adds", "95 % interval over CVs"))


def stored_metadata(measured: StoredScores) -> dict[str, Any]:
    """Bands and agreement of the stored scores, and the parts that predict decisions."""
    agreements = [
        (f"{left} and {right}", found.pairs, found.close, found.apart, found.spearman)
        for left, right, found in measured.agreements
    ]
    return {
        "bands": preview(measured.bands, ("score", "from", "pairs")),
        "agreement": preview(agreements, ("scores", "pairs", "within 10", "20 apart", "spearman")),
        "worst_pairs": preview(
            map(astuple, measured.worst), ("users.id", "posting", "score", "value", "other score", "other value")
        ),
        "decisions": measured.decisions,
        "parts_that_predict_decisions": preview(measured.parts, ("part", "chance that a liked pair has more")),
    }


def claude_metadata(measured: ClaudeCalibration) -> dict[str, Any]:
    """Claude's scores against `match_score`; what too few answers leave unknown has no number."""
    numbers = {
        "claude_answers": measured.answers,
        "claude_spearman": measured.spearman,
        "claude_same_side": measured.same_side,
        "claude_drift": measured.drift,
    }
    interval = measured.interval and f"{measured.interval[0]:+.2f} to {measured.interval[1]:+.2f}"
    bands = [(band.low, band.answers, *(band.quartiles or (None,) * 3), band.difference) for band in measured.bands]
    return {
        **{name: value for name, value in numbers.items() if value is not None},
        "claude_spearman_interval": interval or f"unknown: it needs {MIN_ANSWERS} answers of two users",
        "claude_by_band": preview(
            bands, ("match_score from", "answers", "lower quartile", "median", "upper quartile", "Claude less ours")
        ),
        "claude_by_group": preview(map(astuple, measured.groups), ("answers of", "answers", "Claude less ours")),
    }


def answers_metadata(measured: AnswerQuality) -> dict[str, Any]:
    """Users' answers against the order of their lists; what too few answers leave unknown has no number."""
    numbers = {
        "user_answers": measured.answers,
        "users_with_enough_answers": measured.users_measured,
        "answers_ndcg_at_10": measured.ndcg_at_10,
        "answers_chance_ndcg_at_10": measured.chance_ndcg_at_10,
        "answers_agreement": measured.agreement,
    }
    unknown = f"unknown: it needs two users who liked {MIN_OF_EACH} postings and rejected {MIN_OF_EACH}"
    intervals = {
        "answers_ndcg_interval": measured.ndcg_interval,
        "answers_agreement_interval": measured.agreement_interval,
    }
    return {
        **{name: value for name, value in numbers.items() if value is not None},
        **{
            name: f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else unknown
            for name, interval in intervals.items()
        },
        "answers_by_user": preview(
            map(astuple, measured.users),
            ("users.id", "liked", "rejected", "ndcg_at_10", "ndcg_at_10 by chance", "agreement"),
        ),
    }


def real_metadata(measured: RealMeasures) -> dict[str, Any]:
    """Measures on the real data sets that the folder has."""
    values: dict[str, Any] = dict(measured.numbers)
    for method in dict.fromkeys(quality.method for quality in measured.fields):
        of_method = [quality for quality in measured.fields if quality.method == method]
        for measure in _FIELD_MEASURES:
            values[f"category_{measure}_{method}"] = fmean(getattr(quality, measure) for quality in of_method)
    if measured.fields:
        values["categories"] = _categories(measured.fields)
        values["category_ablation"] = _ablations(measured.ablations)
    return values


def calibration_metadata(fitted: FittedCalibration) -> dict[str, Any]:
    """The current calibration and the sample of pairs that was looked at."""
    scores = fitted.stored.calibration.score(fitted.likenesses)
    share = float((scores >= CLAUDE_THRESHOLD).mean()) if scores.size else 0.0
    shown = scores[:: max(1, scores.size // _PLOTTED)].astype(float).tolist()
    percentiles = np.percentile(fitted.likenesses, [5, 50, 95]).tolist() if scores.size else [0.0, 0.0, 0.0]
    return {
        "rows_inserted": int(fitted.is_new),
        "outcome": fitted.note,
        "calibration_id": fitted.stored.id,
        "profiles": fitted.profiles,
        "postings": fitted.postings,
        "pairs": int(fitted.likenesses.size),
        "share_at_threshold": share,
        "likeness_p05": percentiles[0],
        "likeness_p50": percentiles[1],
        "likeness_p95": percentiles[2],
        "knots": preview(fitted.stored.calibration.knots, ("likeness", "semantic_score")),
        "provenance": dg.MetadataValue.json(dict(fitted.stored.provenance)),
        "scores": histogram(shown, "semantic_score of all pairs", x_label="semantic_score", y_label="pairs"),
    }


def _categories(fields: Sequence[FieldQuality]) -> dg.MetadataValue[Any]:
    """All fields and methods: more rows than a preview has, because the table is the result."""
    header = "| method | field | CVs | relevant ads | in top ten | precision at 10 | nDCG at 10 |\n" + "|---" * 7 + "|"
    lines = [
        "| " + " | ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in astuple(row)) + " |"
        for row in fields
    ]
    return dg.MetadataValue.md("\n".join([header, *lines]))

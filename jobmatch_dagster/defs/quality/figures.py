"""What the quality asset shows: figures of the labelled pairs, of the stored scores, and of real data.

Put here how measures become metadata. The measures stand in `ranking.py`, `real_data.py` and
`core/quality/evaluation.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from statistics import fmean
from typing import Any

import dagster as dg
from sqlalchemy import Connection, Row

from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.quality.evaluation import Agreement, RankingQuality, agreement, separation
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.pipeline.quality.ranking import BASELINES, ENGINE
from jobmatch_dagster.pipeline.quality.real_data import FieldQuality, category_retrieval, skill_spans, title_retrieval
from jobmatch_dagster.resources.embedder import EmbedderResource

_PAIRS_COMPARED = 20_000
_PARTS = (
    "skills_score", "experience_score", "industry_score", "work_arrangement_score", "semantic_score", "match_score",
    "relevance",
)  # fmt: skip
_MEASURES = ("ndcg_at_10", "precision_at_10", "recall_at_10", "mean_reciprocal_rank")


def labelled_metadata(measured: Mapping[str, RankingQuality]) -> dict[str, Any]:
    """Figures of the engine and of the baselines, and a table of all methods."""
    engine = measured[ENGINE]
    rows = [(name, *(getattr(quality, measure) for measure in _MEASURES)) for name, quality in measured.items()]
    return {
        **{measure: getattr(engine, measure) or 0.0 for measure in _MEASURES},
        **{f"{name}_ndcg_at_10": measured[name].ndcg_at_10 or 0.0 for name in BASELINES},
        "labelled_cvs": engine.queries,
        "methods": preview(rows, ("method", *_MEASURES)),
    }


def stored_scores(connection: Connection) -> dict[str, Any]:
    """Bands of each score, how far the scores agree, and which parts predict what users saved or applied to."""
    bands = [(row.score, row.low, row.pairs) for row in run_query(connection, "quality/score_bands_all")]
    pairs = run_query(connection, "quality/scores_to_compare", {"most": _PAIRS_COMPARED})
    decided = run_query(connection, "quality/decided_parts", {"most": _PAIRS_COMPARED})
    shown: dict[str, Any] = {"bands": preview(bands, ("score", "from", "pairs"))}
    rows, worst = [], []
    for left, right in (
        ("semantic_score", "match_score"), ("semantic_score", "claude_score"), ("match_score", "claude_score")
    ):  # fmt: skip
        found = agreement([getattr(pair, left) for pair in pairs], [getattr(pair, right) for pair in pairs])
        rows.append((f"{left} and {right}", found.pairs, found.close, found.apart, found.spearman))
        worst += _worst(found, pairs, left, right)
    shown["agreement"] = preview(rows, ("scores", "pairs", "within 10", "20 apart", "spearman"))
    shown["worst_pairs"] = preview(worst, ("users.id", "posting", "score", "value", "other score", "other value"))
    liked = [row.liked for row in decided]
    parts = [(part, separation([getattr(row, part) for row in decided], liked)) for part in _PARTS]
    shown["decisions"] = sum(liked)
    shown["parts_that_predict_decisions"] = preview(parts, ("part", "chance that a liked pair has more"))
    return shown


def measure_real(
    folder: Path, embedder: EmbedderResource, calibration: Calibration, weights: Weights
) -> dict[str, Any]:
    """Figures of the real sets that the folder has."""
    fields = category_retrieval(folder, embedder, calibration, weights)
    shown: dict[str, Any] = {**title_retrieval(folder, embedder), **skill_spans(folder)}
    for method in dict.fromkeys(quality.method for quality in fields):
        of_method = [quality for quality in fields if quality.method == method]
        for measure in ("in_top_ten", "precision_at_10", "ndcg_at_10"):
            shown[f"category_{measure}_{method}"] = fmean(getattr(quality, measure) for quality in of_method)
    if fields:
        shown["categories"] = _categories(fields)
    return shown


def _worst(found: Agreement, pairs: Sequence[Row[Any]], left: str, right: str) -> list[tuple[Any, ...]]:
    return [
        (pair.user_id, pair.external_id, left, getattr(pair, left), right, getattr(pair, right))
        for pair in (pairs[place] for place in found.worst[:3])
    ]


def _categories(fields: Sequence[FieldQuality]) -> dg.MetadataValue[Any]:
    """All fields and methods: more rows than a preview has, because the table is the result."""
    header = "| method | field | CVs | relevant ads | in top ten | precision at 10 | nDCG at 10 |\n" + "|---" * 7 + "|"
    lines = [
        "| " + " | ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in astuple(row)) + " |"
        for row in fields
    ]
    return dg.MetadataValue.md("\n".join([header, *lines]))

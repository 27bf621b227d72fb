"""Measures on real data sets that are not part of the project.

The folder that `EVALUATION_DATA` names may have `cvs/resumes_by_category.jsonl`, `cvs/relevance_patterns.json`,
`job_ads/*.json`, `titles/melo_deu_q_de_c_en/*.tsv` and `skills/tech_validation_annotations.csv`. Missing sets are left
out.
"""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.matching.title_text import posting_head
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.quality.evaluation import ndcg_at
from jobmatch_dagster.core.quality.judged import Ablation, ablation
from jobmatch_dagster.core.vocabulary.skill_search import find_skills
from jobmatch_dagster.pipeline.quality.ranking import ENGINE, score_pairs
from jobmatch_dagster.resources.embedder import EmbedderResource

_TOP = 10
_TITLES_SAMPLED = 300
_ADS_OF = date(2026, 7, 14)


@dataclass(frozen=True)
class FieldQuality:
    """How well one method finds the ads of one occupational field for its CVs: means over the CVs."""

    method: str
    field: str
    cvs: int
    relevant_ads: int
    in_top_ten: float
    precision_at_10: float
    ndcg_at_10: float


@dataclass(frozen=True)
class RealMeasures:
    """Measures by name, the retrieval of ads by method and field, and what each part of the score adds to it.

    Empty where a set is missing.
    """

    numbers: Mapping[str, float]
    fields: Sequence[FieldQuality]
    ablations: Sequence[Ablation]


def measure_real(folder: Path, embedder: EmbedderResource, calibration: Calibration, weights: Weights) -> RealMeasures:
    """Measure on every set that the folder has."""
    fields, ablations = category_retrieval(folder, embedder, calibration, weights)
    numbers = {**title_retrieval(folder, embedder), **skill_spans(folder)}
    return RealMeasures(numbers, fields, ablations)


def category_retrieval(
    folder: Path, embedder: EmbedderResource, calibration: Calibration, weights: Weights
) -> tuple[list[FieldQuality], list[Ablation]]:
    """Real CVs against real ads: is an ad of the CV's field among the first ten?

    Returns:
        The quality by method and field, and what each part of the score adds to NDCG at 10, over CVs.
    """
    files = [folder / "cvs" / "resumes_by_category.jsonl", folder / "cvs" / "relevance_patterns.json"]
    ads = read_ads(folder / "job_ads")
    if not (ads and all(file.exists() for file in files)):
        return [], []
    cvs = [json.loads(line) for line in files[0].read_text(encoding="utf-8").splitlines() if line.strip()]
    patterns = {
        name: re.compile(pattern, re.IGNORECASE)
        for name, pattern in json.loads(files[1].read_text(encoding="utf-8")).items()
        if not name.startswith("_")
    }
    relevant = {name: np.array([bool(p.search(ad.title)) for ad in ads]) for name, p in patterns.items()}
    scores = score_pairs([cv["text"] for cv in cvs], ads, embedder, calibration, weights, today=_ADS_OF)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, cv in enumerate(cvs):
        if relevant.get(cv["category"], np.zeros(1)).any():
            rows_of[cv["category"]].append(row)
    qualities = [
        _field_quality(method, field, table[rows], relevant[field])
        for method, table in scores.by_method.items()
        for field, rows in rows_of.items()
    ]

    def ndcg_by_cv(table: NDArray[np.float32]) -> list[float]:
        return [value for field, rows in rows_of.items() for value in _ndcg(table[rows], relevant[field])]

    if not rows_of:
        return qualities, []
    whole = ndcg_by_cv(scores.by_method[ENGINE])
    return qualities, [ablation(part, whole, ndcg_by_cv(table)) for part, table in scores.without.items()]


def title_retrieval(folder: Path, embedder: EmbedderResource) -> dict[str, float]:
    """Recall at 10 of English occupations for German titles (MELO), with and without the glossary.

    A sample of the titles is compared with the first label of each occupation.
    """
    where = folder / "titles" / "melo_deu_q_de_c_en"
    if not where.is_dir():
        return {}
    queries = _tsv(where / "queries.tsv")
    labels = [
        (key.rsplit("_", 2)[0], name) for key, name, *_ in _tsv(where / "corpus_elements.tsv") if key.endswith("_000")
    ]
    right: dict[str, set[str]] = defaultdict(set)
    for query, _, element, grade in _tsv(where / "annotations.tsv"):
        if int(grade) > 0:
            right[query].add(element.rsplit("_", 2)[0])
    sample = random.Random(1).sample(queries, min(_TITLES_SAMPLED, len(queries)))  # noqa: S311
    corpus = embedder.encode([name for _, name in labels]).vectors
    found = {}
    for name, texts in (
        ("with_glossary", [posting_head(title) for _, title, *_ in sample]),
        ("without", [title for _, title, *_ in sample]),
    ):
        first = np.argsort(-(embedder.encode(texts).vectors @ corpus.T), axis=1)[:, :_TOP]
        hits = [
            len({labels[place][0] for place in places} & right[key]) / min(_TOP, len(right[key]))
            for (key, *_), places in zip(sample, first, strict=True)
            if right[key]
        ]
        found[f"melo_recall_at_10_{name}"] = fmean(hits)
    return found


def skill_spans(folder: Path) -> dict[str, float]:
    """Share of the annotated skills in tech ads in which the skill table finds a skill."""
    file = folder / "skills" / "tech_validation_annotations.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as stream:
        spans = {row["span"] for row in csv.DictReader(stream) if row.get("span")}
    return {"skill_spans": float(len(spans)), "skill_spans_found": fmean(bool(find_skills(span)) for span in spans)}


def _field_quality(method: str, field: str, scores: NDArray[np.float32], relevant: NDArray[np.bool_]) -> FieldQuality:
    ranked = _ranked(scores, relevant)
    return FieldQuality(
        method=method,
        field=field,
        cvs=len(ranked),
        relevant_ads=int(relevant.sum()),
        in_top_ten=fmean(bool(row[:_TOP].any()) for row in ranked),
        precision_at_10=fmean(float(row[:_TOP].mean()) for row in ranked),
        ndcg_at_10=fmean(_ndcg(scores, relevant)),
    )


def _ndcg(scores: NDArray[np.float32], relevant: NDArray[np.bool_]) -> list[float]:
    """NDCG at 10 of each CV. All relevant ads are equally relevant: a label of 1 makes each gain 1."""
    return [ndcg_at([int(hit) for hit in row], _TOP) or 0.0 for row in _ranked(scores, relevant)]


def _ranked(scores: NDArray[np.float32], relevant: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """For each CV whether the ads are relevant, best score first."""
    return [relevant[np.argsort(-row, kind="stable")] for row in scores]


def read_ads(folder: Path) -> list[Posting]:
    """The ads of all files, without repetitions."""
    found: dict[str, Posting] = {}
    for path in sorted(folder.glob("*.json")):
        snapshot = json.loads(path.read_text(encoding="utf-8"))
        for record in snapshot["jobs"] if isinstance(snapshot, dict) else snapshot:
            key = f"{record['source']}-{record['source_id']}"
            found.setdefault(
                key,
                Posting(
                    external_id=key,
                    title=record["title"],
                    company=record.get("company") or "unknown",
                    url=record.get("url") or "",
                    date_created=datetime(2026, 7, 14, tzinfo=UTC),
                    location=record.get("location"),
                    description=record.get("description"),
                ),
            )
    return list(found.values())


def _tsv(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line]

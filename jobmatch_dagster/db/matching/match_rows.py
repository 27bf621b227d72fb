"""Lines of COPY for matches: one for each judged pair.

Belongs here: the form of a line. What it says is decided in `core/matching`; `matches.py` writes the lines.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.matching.conditions import Verdicts
from jobmatch_dagster.core.matching.kept_pairs import JudgedPair
from jobmatch_dagster.core.matching.scoring import SCORE_COLUMNS
from jobmatch_dagster.core.vocabulary.skill_match import SkillHit
from jobmatch_dagster.db.connection.bulk import as_array, as_text
from jobmatch_dagster.db.matching.chosen_postings import ChosenPostings
from jobmatch_dagster.db.matching.current_profiles import ProfileToMatch

MATCH_LINE_COLUMNS = (
    "user_id", "job_id", "similarity", "exact_score", "stated_percent", "read_percent", "match_score", *SCORE_COLUMNS,
    "priority", "claude_status", "filters", "matching_skills", "missing_skills", "skill_hits", "match_reasoning",
    "profile_version", "record_hash", "embedding_model", "calibration_id", "scoring_key", "run_id",
    "cv_label",
)  # fmt: skip

_NULL = "\\N"
_SCORES: Mapping[int | None, str] = {None: _NULL, **{score: str(score) for score in range(101)}}


@dataclass(frozen=True)
class ScoredBy:
    """What made the scores that are written."""

    embedding_model: str
    calibration_id: int
    scoring_key: str
    run_id: str


def match_lines(
    pairs: Iterable[JudgedPair], profiles: Sequence[ProfileToMatch], chosen: ChosenPostings, scored_by: ScoredBy
) -> Iterator[str]:
    """A line for each pair; its indices are into the profiles and the chosen postings."""
    by, ids, record_hashes = scored_by, chosen.ids, chosen.record_hashes
    last = "\t".join(map(as_text, (by.embedding_model, str(by.calibration_id), by.scoring_key, by.run_id)))
    for user, posting, judged in pairs:
        profile = profiles[user]
        similarity, parts, score, exact, stated, read, skills, filters, _, reasoning = judged
        numbers = "\t".join([_SCORES[number] for number in (score, *parts)])
        claude = "waiting" if judged.is_for_claude else _NULL
        words = f"{_array(skills.matching)}\t{_array(skills.missing)}\t{_hits(skills.hits)}\t{as_text(reasoning)}"
        yield (
            f"{profile.user_id}\t{ids[posting]}\t{similarity:.6f}\t{exact:.2f}\t{stated}\t{read}\t{numbers}\t"
            f"{judged.priority}\t{claude}\t"
            f"{_filters(filters)}\t{words}\t{profile.version}\t{record_hashes[posting]}\t{last}\t{profile.label}\n"
        )


# Of a posting's skills the same ones are missing for many users.
@functools.lru_cache(maxsize=20_000)
def _array(surfaces: tuple[str, ...]) -> str:
    return "{" + ",".join([_item(surface) for surface in surfaces]) + "}" if surfaces else _NULL


def _hits(hits: Sequence[SkillHit]) -> str:
    return f"[{', '.join([_hit(hit) for hit in hits])}]" if hits else _NULL


@functools.lru_cache(maxsize=100_000)
def _item(surface: str) -> str:
    """A surface as an item of an array."""
    return as_array([surface])[1:-1]


@functools.lru_cache(maxsize=100_000)
def _hit(hit: SkillHit) -> str:
    """A hit as an array of JSON."""
    return as_text(json.dumps(hit, ensure_ascii=False))


@functools.lru_cache(maxsize=1_024)
def _filters(verdicts: Verdicts) -> str:
    return json.dumps(dict(verdicts)) if verdicts else _NULL

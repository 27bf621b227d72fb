"""How the stored scores are distributed, how far they agree, and how well they predict decisions of users."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.core.matching.scoring import SCORE_COLUMNS
from jobmatch_dagster.core.quality.agreement import Agreement, agreement, separation
from jobmatch_dagster.core.quality.claude_calibration import Answer, ClaudeCalibration, calibrate_claude
from jobmatch_dagster.core.quality.user_answers import AnswerQuality, UserAnswer, measure_answers
from jobmatch_dagster.db.quality.scores import (
    bands_of_scores,
    claude_answers,
    decided_parts,
    scores_to_compare,
    user_answers,
)

_PAIRS_COMPARED = 20_000
_WORST_SHOWN = 3
_COMPARED = (
    ("semantic_score", "match_score"), ("semantic_score", "claude_score"), ("match_score", "claude_score"),
)  # fmt: skip
_PARTS = (*SCORE_COLUMNS, "match_score")


@dataclass(frozen=True)
class WorstPair:
    """A pair on which two scores are far apart. The user is named by `users.id` alone."""

    user_id: int
    external_id: str
    left: str
    left_value: int
    right: str
    right_value: int


@dataclass(frozen=True)
class StoredScores:
    """Measures of `user_job_matches`.

    `bands` has (score, lower end, pairs). `agreements` has the two scores that are compared and how far they agree.
    `parts` has for each part of the score the chance that a liked pair has more of it than another; None if unknown.
    """

    bands: Sequence[tuple[str, int, int]]
    agreements: Sequence[tuple[str, str, Agreement]]
    worst: Sequence[WorstPair]
    decisions: int
    parts: Sequence[tuple[str, float | None]]
    claude: ClaudeCalibration
    answers: AnswerQuality


def measure_stored(connection: Connection) -> StoredScores:
    """Measure the stored scores, on a sample of the pairs."""
    pairs = scores_to_compare(connection, _PAIRS_COMPARED)
    decided = decided_parts(connection, _PAIRS_COMPARED)
    agreements = [(left, right, agreement(_values(pairs, left), _values(pairs, right))) for left, right in _COMPARED]
    liked = [row.liked for row in decided]
    return StoredScores(
        bands=[(row.score, row.low, row.pairs) for row in bands_of_scores(connection)],
        agreements=agreements,
        worst=[pair for left, right, found in agreements for pair in _worst(found, pairs, left, right)],
        decisions=sum(liked),
        parts=[(part, separation(_values(decided, part), liked)) for part in _PARTS],
        claude=calibrate_claude([_answer(row) for row in claude_answers(connection, _PAIRS_COMPARED)]),
        answers=measure_answers(
            [
                UserAnswer(row.user_id, float(row.exact_score), row.liked)
                for row in user_answers(connection, _PAIRS_COMPARED)
            ]
        ),
    )


def _answer(row: Row[Any]) -> Answer:
    made_with = f"{row.claude_model or 'unknown model'}, {row.prompt_version or 'unknown prompt'}"
    return Answer(row.user_id, row.match_score, row.claude_score, made_with, row.answered_at)


def _values(rows: Sequence[Row[Any]], column: str) -> list[float | None]:
    return [getattr(row, column) for row in rows]


def _worst(found: Agreement, pairs: Sequence[Row[Any]], left: str, right: str) -> Iterator[WorstPair]:
    for place in found.worst[:_WORST_SHOWN]:
        pair = pairs[place]
        yield WorstPair(pair.user_id, pair.external_id, left, getattr(pair, left), right, getattr(pair, right))

"""Nothing ranks people for a posting (docs/privacy.md): every statement about matches is about the list of a person."""

import re
from pathlib import Path

import pytest

_SQL = Path(__file__).parents[2] / "sql"
_STATEMENTS = sorted(
    path
    for folder in ("queries", "views")
    for path in (_SQL / folder).rglob("*.sql")
    if re.search(r"\b(user_job_matches|current_matches|match_lineage)\b", path.read_text("utf-8"))
)
_COMMENT_OR_TEXT = re.compile(r"--.*$|'[^']*'", re.MULTILINE)
_WINDOW = re.compile(
    r"\b(?:row_number|rank|dense_rank|percent_rank|ntile)\s*\(\s*\d*\s*\)\s*OVER\s*\(\s*([^)]*)", re.IGNORECASE
)
_ORDERED_BY_SCORE = re.compile(r"\bORDER BY[^;)]*_score\b(?! IS NULL)", re.IGNORECASE)
_OF_A_PERSON = re.compile(r":user_(?:key|id)\b")
_BY_PERSON = re.compile(
    r"(?:PARTITION BY|GROUP BY)\s+(?:\w+\.)?user_(?:id|key)\b|\bm\.user_id = u\.user_id\b", re.IGNORECASE
)


def ranks_people(sql: str) -> bool:
    """Whether a statement puts matches of several people in one order."""
    statement = _COMMENT_OR_TEXT.sub("", sql)
    if _OF_A_PERSON.search(statement):
        return False
    windows = _WINDOW.findall(statement)
    if windows:
        return not all(_BY_PERSON.search(window) for window in windows)
    return bool(_ORDERED_BY_SCORE.search(statement)) and not _BY_PERSON.search(statement)


@pytest.mark.parametrize("path", _STATEMENTS, ids=[path.stem for path in _STATEMENTS])
def test_no_statement_ranks_people(path: Path) -> None:
    assert not ranks_people(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT user_id FROM user_job_matches WHERE job_id = :job_id ORDER BY match_score DESC",
        "SELECT user_id, row_number() OVER (PARTITION BY job_id ORDER BY exact_score DESC) FROM user_job_matches",
        "SELECT user_id, rank() OVER (ORDER BY match_score DESC) FROM current_matches WHERE external_id = :external_id",
        "-- PARTITION BY user_id\nSELECT user_key FROM current_matches ORDER BY semantic_score",
    ],
)
def test_a_ranking_of_people_would_be_seen(sql: str) -> None:
    assert ranks_people(sql)

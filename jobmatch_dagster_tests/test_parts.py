"""Every place that knows one part of the score knows all of them: a new part is missing nowhere."""

import dataclasses
import re
from pathlib import Path

import pytest

from jobmatch_dagster.core.matching.block_engine import MatchTable
from jobmatch_dagster.core.matching.scoring import PARTS, SCORE_COLUMNS, Weights
from jobmatch_dagster.db.explain.rows import StoredMatch
from jobmatch_dagster.frames import MATCHES
from jobmatch_dagster.observability.lineage import LINEAGE
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster_tests.support.schema_text import RECORDED_SCHEMA

_ROOT = Path(__file__).parents[1]
_SQL = [
    *sorted(path for folder in ("queries", "views") for path in (_ROOT / "sql" / folder).rglob("*.sql")),
    # Rows that are compared whole in tests.
    *((_ROOT / "jobmatch_dagster_tests" / name) for name in ("support/world.py", "db/matching/test_matches.py")),
]
_NAMING_ONE = [path for path in _SQL if "skills_score" in path.read_text("utf-8")]


def _fields(row: type) -> set[str]:
    return {field.name for field in dataclasses.fields(row)}


def test_weights_are_of_the_parts() -> None:
    assert [field.name for field in dataclasses.fields(Weights)] == list(PARTS)
    assert sum(Weights().shares().values()) == pytest.approx(1)


def test_each_part_has_its_field_and_column() -> None:
    assert set(PARTS) <= _fields(MatchTable)
    assert set(PARTS) <= MatchingResource.model_fields.keys()
    assert set(SCORE_COLUMNS) <= _fields(StoredMatch)
    assert set(SCORE_COLUMNS) <= MATCHES.keys()
    assert set(SCORE_COLUMNS) <= LINEAGE["matching/semantic_matches"].keys()
    columns = re.findall(r"^column user_job_matches \d+ (\w+) ", RECORDED_SCHEMA.read_text("utf-8"), re.MULTILINE)
    assert set(SCORE_COLUMNS) <= set(columns)


@pytest.mark.parametrize("path", _NAMING_ONE, ids=[path.name for path in _NAMING_ONE])
def test_a_file_that_names_one_part_names_all(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [column for column in SCORE_COLUMNS if column not in text] == []


def test_the_parts_are_named_in_several_queries() -> None:
    assert len(_NAMING_ONE) > 7


def test_scoring_page_lists_parts_with_their_weights() -> None:
    page = (_ROOT / "docs" / "scoring.md").read_text("utf-8")
    rows = page.split("\n## Parts and weights\n")[1].split("\n## ")[0].splitlines()
    listed = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows if row.startswith("| ")]
    expected = [(part.replace("_", " "), f"{weight:g}") for part, weight in dataclasses.asdict(Weights()).items()]
    assert [row for row in listed if row[1].isdigit()] == expected

"""Texts of strangers in ads, CVs and preferences: no terminal, spreadsheet or line of output obeys them."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from jobmatch_dagster.demo.server import GeneratedCorpus
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World

# Colors, a title of the window, a link, the one-byte form of an escape, a cursor that goes back, a line of a log.
_TERMINAL = "\x1b[31mred \x1b]0;title\x07 \x1b]8;;https://evil.example\x07 \x9b31m \b\b\r2026-01-01 INFO all is well"
_FORMULAS = (
    '=HYPERLINK("https://evil.example","x")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "  =1+1", "\u200b=1+1",
    "\uff1d1+1", "\uff0b1+1", "\uff0d1+1", "\uff201+1", '"=1+1',
)  # fmt: skip
_NOT_A_CELL = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
# What a terminal obeys; a line break ends a line.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _hostile(record: dict[str, Any], formula: str) -> dict[str, Any]:
    """The record with a formula before, and codes for a terminal behind, each text of a person."""
    spoiled = dict(record)
    for name in ("title", "organization", "description_text", "ai_requirements_summary", "linkedin_org_description"):
        spoiled[name] = f"{formula} {record[name]} {_TERMINAL}"
    for name in ("ai_key_skills", "ai_keywords", "ai_benefits", "cities_derived", "locations_derived"):
        spoiled[name] = [f"{formula} {item} {_TERMINAL}" for item in record[name] or ["x"]]
    return spoiled


@pytest.fixture
def hostile(world: World) -> World:
    """Ads that are hostile in every text, matched to a user whose CV and preferences are hostile too."""
    corpus = GeneratedCorpus(per_hour=2 * len(_FORMULAS), since=HOUR)
    records = corpus.records_between(HOUR, HOUR + timedelta(hours=1))
    world.serve([_hostile(record, _FORMULAS[n % len(_FORMULAS)]) for n, record in enumerate(records)])
    world.collect()
    # Codes for a terminal are refused here: a preference must be printable, and a text file that has them is no CV.
    world.put_cv("ada.preferences", 'excluded_companies = ["[red]AG[/red]", "=1+1 GmbH"]', ".toml")
    world.take_in("ada", NURSE_CV.replace("Hygiene,", "[red]=1+1[/red], Hygiene,"))
    assert world.scalar("SELECT count(*) FROM user_job_matches") > 0
    assert world.scalar("SELECT cardinality(excluded_companies) FROM user_preferences") == 2
    return world


def _lines_obeyed(printed: str) -> list[str]:
    return [line for line in printed.replace("\r\n", "\n").split("\n") if _OBEYED.search(line)]


def test_no_terminal_obeys_an_ad_or_a_cv(hostile: World) -> None:
    posting = hostile.scalar("SELECT external_id FROM user_job_matches JOIN jobs ON jobs.id = job_id LIMIT 1")
    for arguments in (
        ("matches", "ada"), ("matches", "ada", "--csv"), ("matches", "ada", "--json"), ("explain", "ada", posting),
        ("stats",), ("stats", "--user", "ada"), ("users",), ("preferences", "ada"), ("health",),
    ):  # fmt: skip
        done = run_command(*arguments)
        assert len(done.stdout) > 20, arguments
        assert _lines_obeyed(done.stdout + done.stderr) == [], arguments
        # A line of a log that an ad made would be one by itself.
        assert not re.search(r"^2026-01-01 INFO", done.stdout, re.MULTILINE), arguments


def test_no_spreadsheet_obeys_an_ad(hostile: World) -> None:
    done = run_command("matches", "ada", "--csv", "--limit", "100")
    head, *rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
    assert len(rows) > 0
    assert {len(row) for row in rows} == {len(head)}
    cells = [cell for row in rows for cell in row if not re.fullmatch(r"-?\d+(\.\d+)?", cell)]
    assert [cell for cell in cells if _NOT_A_CELL.match(cell)] == []
    assert {cell[1] for cell in cells if cell.startswith("'")} >= {"+", "\uff1d"}, "the ads are there"


def test_a_mistyped_name_is_shown_and_not_obeyed(hostile: World) -> None:
    for arguments in (("matches", _TERMINAL), ("explain", "ada", _TERMINAL), ("explain", _TERMINAL, "1")):
        done = run_command(*arguments)
        assert _lines_obeyed(done.stdout + done.stderr) == [], arguments

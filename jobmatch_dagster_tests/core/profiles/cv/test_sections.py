"""Headings of CVs, plain and as layouts dress them up."""

import itertools
import json
from pathlib import Path

import pytest

from jobmatch_dagster.core.profiles.cv.sections import split_sections

_FILE = Path(__file__).parents[3] / "support" / "data" / "field_cases" / "headings.jsonl"
_CASES = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
_KINDS = [
    ("Work Experience", "experience"), ("Berufserfahrung", "experience"), ("Expérience professionnelle", "experience"),
    ("Education", "education"), ("Ausbildung", "education"), ("Formation", "education"),
    ("Skills", "skills"), ("Kenntnisse", "skills"), ("Compétences", "skills"), ("Languages", "languages"),
]  # fmt: skip
_DRESSES = [
    "{}",
    "| {} |",
    "\uf0b1 {}",
    "💼 {}",
    "{} »",
    "{}:",
    "## {}",
    "__{}__",
    "[{}]",
    "• {} •",
    "→ {}",
    "=== {} ===",
]


def _kinds(text: str) -> list[str]:
    return [section.kind for section in split_sections(text)]


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_a_reported_heading_is_read_right(case: dict[str, str]) -> None:
    assert _kinds(f"Ada Example\n\n{case['heading']}\nsome words here") == ["head", case["expected"]]


@pytest.mark.parametrize(("kind", "dress"), itertools.product(_KINDS, _DRESSES))
def test_a_heading_is_read_in_every_dress(kind: tuple[str, str], dress: str) -> None:
    for heading in (kind[0], kind[0].upper()):
        assert _kinds(f"Ada Example\n\n{dress.format(heading)}\nsome words here") == ["head", kind[1]]


@pytest.mark.parametrize("kind", [kind for kind in _KINDS if " " not in kind[0]])
def test_letters_set_apart_are_a_heading(kind: tuple[str, str]) -> None:
    letters, small_capitals = " ".join(kind[0].upper()), f"{kind[0][0].upper()} {kind[0][1:].upper()}"
    for heading in (letters, small_capitals):
        assert _kinds(f"Ada Example\n\n{heading}\nsome words here") == ["head", kind[1]]


def test_a_heading_may_be_the_first_cell_of_a_row() -> None:
    rows = ["Experience | Staff Engineer | Aug 2020 - Jul 2022", "Built things", "Education | B.S. Biology | 2013"]
    text = "\n".join(["Ada Example", "", *rows])
    sections = split_sections(text)
    assert [section.kind for section in sections] == ["head", "experience", "education"]
    assert sections[2].lines == ("B.S. Biology | 2013",)


@pytest.mark.parametrize(
    "line", ["Page 2 of 3", "Seite 2 von 3", "2 / 3", "- 2 -", "Ada Example – 2/3", "Lebenslauf Ada Example"]
)
def test_furniture_of_pages_is_no_line_of_a_section(line: str) -> None:
    sections = split_sections(f"Ada Example\n\nBerlin\n\nSkills\nPython\n{line}\nDocker")
    assert sections[-1].lines == ("Python", "Docker")


@pytest.mark.parametrize(
    "line",
    ["Built 2/3 of the shop", "Managed 12 people", "Python 3", "Resume writing workshops for refugees and others"],
)
def test_a_line_with_numbers_is_no_furniture(line: str) -> None:
    assert line in split_sections(f"Ada Example\n\nBerlin\n\nExperience\n{line}\nDocker")[-1].lines

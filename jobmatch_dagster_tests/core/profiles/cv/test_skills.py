"""Skills of lists and prose: how they are rated, dressed up, glued, and what is none."""

import itertools

import pytest

from jobmatch_dagster.core.profiles.cv.sections import split_sections
from jobmatch_dagster.core.profiles.cv.skills import read_skills
from jobmatch_dagster.core.profiles.document_text import plain_text

_SKILLS = ["Messebau", "Gartenbau", "Projektplanung"]
_RATINGS = ["", " 80%", " 90 %", " (75%)", " ●●●●○", " ████░", " ■■■□□", " ★★★", " 4/5", " (advanced)", " - 24 months"]
_BULLETS = ["", "• ", "- ", "✅ ", "👉 ", "🔹 ", "➤ ", "\uf0b7 ", "* "]


def _skills(lines: str, heading: str = "Skills") -> tuple[str, ...]:
    return read_skills(split_sections(plain_text(f"Ada Example\n\n{heading}\n{lines}\n"))).skills


@pytest.mark.parametrize(("rating", "bullet"), itertools.product(_RATINGS, _BULLETS))
def test_rating_and_bullet_are_no_part_of_a_skill(rating: str, bullet: str) -> None:
    assert _skills("\n".join(f"{bullet}{skill}{rating}" for skill in _SKILLS)) == tuple(_SKILLS)


@pytest.mark.parametrize("last", [", and ", " and ", ", und ", " und ", " sowie ", ", sowie ", " & ", ", "])
def test_the_last_item_of_an_enumeration_is_a_skill(last: str) -> None:
    assert _skills(f"Messebau, Gartenbau{last}Projektplanung") == tuple(_SKILLS)


@pytest.mark.parametrize(
    "prose",
    [
        "I react fast and excel at communication.", "Led a team shipping products every week.",
        "I take a swift decision and express thanks.", "Reactive and rusty pipes.",
    ],
)  # fmt: skip
def test_words_of_prose_are_no_skills(prose: str) -> None:
    assert not {"react", "excel", "shipping", "swift", "express", "rust"} & {
        s.casefold() for s in _skills(prose, "Summary")
    }


def test_names_in_prose_are_skills() -> None:
    assert "React" in _skills("Built the shop with React and Docker.", "Experience")


@pytest.mark.parametrize(
    "item", ["Fluent in Spanish", "English C1", "Norwegian (fluent)", "Verhandlungssicher in Dänisch"]
)
def test_a_spoken_language_is_no_skill(item: str) -> None:
    # Languages that ads ask for as skills ("German") are in the skill table and stay.
    assert _skills(f"{item}, Python") == ("Python",)


@pytest.mark.parametrize("garbage", ["?~ L8c n 7 ? ?", ". ~ C _ 0o> ?", "a b c d e", "• • •"])
def test_garbage_of_pictures_is_no_skill(garbage: str) -> None:
    assert _skills(f"Python\n{garbage}\n") == ("Python",)


@pytest.mark.parametrize("item", ["RPG/400", "AS400", "IIS 6", "C++", ".NET", "R Studio", "Tally 9", "C#"])
def test_names_with_signs_and_digits_are_skills(item: str) -> None:
    assert any(found.startswith(item[:2]) for found in _skills(f"Messebau, {item}"))


@pytest.mark.parametrize(
    ("lost", "word"),
    [("Air\x00ow", "Airflow"), ("Cloud\x00are", "Cloudflare"), ("ML\x00ow", "MLflow"), ("Con\x02uence", "Confluence")],
)
def test_a_ligature_that_a_pdf_lost_is_restored(lost: str, word: str) -> None:
    assert word in _skills(f"{lost}, Python")


def test_the_grid_of_a_europass_cv_names_no_skill() -> None:
    grid = (
        "Mother tongue(s) | German\nOther language(s) | UNDERSTANDING | SPEAKING | WRITING\n"
        "Listening | Reading | Spoken interaction | Spoken production\nEnglish | C1 | C2 | B2\n"
        "Levels: A1/A2: Basic user\nPython"
    )
    assert set(_skills(grid, "PERSONAL SKILLS")) <= {"German", "English", "Python"}

"""Files of the official ESCO download extend the skill table and never override it."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobmatch_dagster.core.vocabulary.esco import EscoFileError, read_esco

_EN = 'conceptType,conceptUri,preferredLabel,altLabels\nK,u1,beekeeping,"apiculture\nkeep bees"\nK,u2,Python,snake\n'
_DE = "conceptType,conceptUri,preferredLabel,altLabels\nK,u1,Imkerei,\nK,u3,Töpfern,\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "skills_en.csv", tmp_path / "skills_de.csv"]
    for path, content in zip(paths, (_EN, _DE), strict=True):
        path.write_text(content, encoding="utf-8")
    return paths


def test_labels_of_a_concept_are_joined_across_languages(files: list[Path]) -> None:
    assert read_esco(files) == {
        "beekeeping": ["apiculture", "keep bees", "Imkerei"], "Python": ["snake"], "Töpfern": [],
    }  # fmt: skip


def test_an_unusable_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(EscoFileError, match=r"x\.csv lacks conceptUri, preferredLabel"):
        read_esco([path])
    with pytest.raises(EscoFileError, match="cannot be read"):
        read_esco([tmp_path / "none.csv"])


def test_the_setting_makes_german_and_english_one_skill(files: list[Path]) -> None:
    code = (
        "from jobmatch_dagster.core.vocabulary.skill_match import compare_skills as c\n"
        "from jobmatch_dagster.core.vocabulary.skill_table import skill_table_version as v\n"
        "print(c(['beekeeping'], ['Imkerei']).summary, c(['k8s'], ['Kubernetes']).summary, v())"
    )
    found = []
    for setting in (":".join(map(str, files)), ""):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"ESCO_SKILLS": setting, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(run.stdout.split())
    assert found[0][:6] == ["100.0", "%", "(1/1)", "100.0", "%", "(1/1)"]
    assert found[1][:3] == ["0.0", "%", "(0/1)"]
    assert found[0][-1] != found[1][-1]

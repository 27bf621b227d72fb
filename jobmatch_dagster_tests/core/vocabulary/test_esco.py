"""Files of the official ESCO download extend the skill table and never override it."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobmatch_dagster.core.vocabulary.esco import EscoFileError, read_esco
from jobmatch_dagster.core.vocabulary.skill_table import canonical, esco_files, use_esco

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


def test_esco_makes_german_and_english_one_skill(files: list[Path]) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from jobmatch_dagster.core.vocabulary.skill_match import compare_skills as c\n"
        "from jobmatch_dagster.core.vocabulary.skill_table import skill_table_version as v, use_esco\n"
        "use_esco([Path(file) for file in sys.argv[1:]])\n"
        "print(c(['beekeeping'], ['Imkerei']).summary, c(['k8s'], ['Kubernetes']).summary, v())"
    )
    found = [_run(program, *map(str, files)).split(), _run(program).split()]
    assert found[0][:6] == ["100.0", "%", "(1/1)", "100.0", "%", "(1/1)"]
    assert found[1][:3] == ["0.0", "%", "(0/1)"]
    assert found[0][-1] != found[1][-1]


def test_esco_files_cannot_change_once_used(files: list[Path]) -> None:
    canonical("beekeeping")
    use_esco([])
    with pytest.raises(RuntimeError, match="already used with other ESCO files"):
        use_esco(files)
    assert esco_files() == ()


def test_setting_reaches_the_code_and_the_cv_reader(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "from datetime import date\n"
        "from jobmatch_dagster.build import default_resources\n"
        "from jobmatch_dagster.core.vocabulary.skill_table import canonical\n"
        "from jobmatch_dagster.resources.document_reader import read_in_child\n"
        "default_resources()\n"
        "cv = b'Ada Example\\nExperience\\n2018 - 2026 Beekeeper\\nSkills\\nbeekeeping, Imkerei, Honey'\n"
        "print(canonical('Imkerei'), read_in_child('cv.txt', cv, today=date(2026, 11, 20)).profile.skills)\n"
    )
    assert _run(program) == "imkerei ['beekeeping', 'Imkerei', 'Honey']\n"
    monkeypatch.setenv("ESCO_SKILLS", ":".join(map(str, files)))
    assert _run(program) == "beekeeping ['beekeeping', 'Honey']\n"


def _run(program: str, *arguments: str) -> str:
    """What a process of its own prints: the table of this one is already used."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout

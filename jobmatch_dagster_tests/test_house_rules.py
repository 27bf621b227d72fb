"""House rules of the tests: names are short, folders mirror the package."""

import ast
from collections.abc import Iterator
from pathlib import Path

_TESTS = Path(__file__).parent
_MOST_CHARACTERS = 60
# What no single module of the package is the subject of.
_OF_THEIR_OWN = {"support", "e2e", "chaos"}


def test_names_of_tests_are_short() -> None:
    names = {name for file in _TESTS.rglob("test_*.py") for name in _tests(file)}
    assert len(names) > 500
    assert [name for name in sorted(names) if len(name.removeprefix("test_")) > _MOST_CHARACTERS] == []


def test_folders_of_tests_are_folders_of_the_package() -> None:
    folders = {file.parent.relative_to(_TESTS) for file in _TESTS.rglob("test_*.py")}
    roots = (_TESTS.parent / "jobmatch_dagster", _TESTS.parent)
    strangers = {folder for folder in folders if not any((root / folder).is_dir() for root in roots)}
    assert {folder.parts[0] for folder in strangers} <= _OF_THEIR_OWN


def _tests(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name

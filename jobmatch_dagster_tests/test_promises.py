"""The pages of promises and threats are true: every test that they name exists, and every line names one."""

import ast
import re
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_DOCS = _TESTS.parent / "docs"
_NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_PAGES = ("promises.md", "threat-model.md")
_each_page = pytest.mark.parametrize("page", _PAGES)


def _text(page: str) -> str:
    return (_DOCS / page).read_text("utf-8")


def _written(file: str) -> set[str]:
    """Names of the test functions of a file, as they are written; nothing is imported."""
    path = _TESTS / file
    if not path.is_file():
        return set()
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def _marked(file: str, marks: set[str]) -> set[str]:
    """Those of the test functions of a file that have one of these marks."""
    tree = ast.parse((_TESTS / file).read_text("utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(mark) in marks for mark in node.decorator_list)
    }


def missing_tests(text: str) -> list[str]:
    """Tests that a text names and that no file has."""
    return [f"{file}::{name}" for file, name in _NAMED.findall(text) if name not in _written(file)]


def lines_without_a_test(text: str) -> list[str]:
    """Rows of the tables of a text that name no test; heads and rules are none."""
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    heads = {"| promise | proven by |", "| who | attacks with | defended by | test |"}
    return [row for row in rows if row not in heads and not _NAMED.search(row)]


@_each_page
def test_each_named_test_exists(page: str) -> None:
    assert missing_tests(_text(page)) == []


@_each_page
def test_each_line_names_a_test(page: str) -> None:
    assert lines_without_a_test(_text(page)) == []
    assert len(_NAMED.findall(_text(page))) >= 15


@_each_page
def test_a_span_with_a_test_is_whole(page: str) -> None:
    """A name with a misprint would otherwise be no name at all."""
    assert _text(page).count("::") - len(_NAMED.findall(_text(page))) == (page == "promises.md")


@_each_page
@pytest.mark.parametrize(
    ("called", "marks"), [("nightly", {"pytest.mark.nightly", "pytest.mark.load"}), ("chaos", {"pytest.mark.chaos"})]
)
def test_what_make_test_leaves_out_is_called_so(page: str, called: str, marks: set[str]) -> None:
    said = {(file, name) for file, name in re.findall(_NAMED.pattern + rf" \({called}\)", _text(page))}
    assert said == {(file, name) for file, name in _NAMED.findall(_text(page)) if name in _marked(file, marks)}


def test_what_is_missing_is_found() -> None:
    assert missing_tests("`test_promises.py::test_that_was_renamed`") == ["test_promises.py::test_that_was_renamed"]
    assert missing_tests("`no_such_file.py::test_x`") == ["no_such_file.py::test_x"]
    assert missing_tests("`test_promises.py::test_what_is_missing_is_found`") == []
    assert lines_without_a_test("| promise | proven by |\n| --- | --- |\n| a | b |") == ["| a | b |"]


def test_threats_are_proven_by_promises() -> None:
    """The page of threats shows one test a defence; the other page has all of them, but for limits and packages."""
    only_there = set(_NAMED.findall(_text("threat-model.md"))) - set(_NAMED.findall(_text("promises.md")))
    assert {name for _, name in only_there} == {
        "test_row_that_the_database_refuses_is_quarantined_alone",
        "test_a_stale_lock_names_each_package",
        "test_a_readers_login_may_name_any_user",
    }

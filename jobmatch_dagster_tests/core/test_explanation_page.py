"""Pages as Markdown and as text."""

import re

import pytest

from jobmatch_dagster.core.explanation_page import ExplanationPage, Finding, RunLink, Section, Table
from jobmatch_dagster.core.markdown import escaped

_PAGE = ExplanationPage(
    "ada x 1: [Nurse](http://evil.example)",
    [Finding("A | finding", "Do *this*.")],
    [
        Section(
            "Facts & more",
            {"run": RunLink("abcdefgh-1"), "no run": RunLink(None), "list": ["a", "b"], "unknown": None,
             "address": "see https://evil.example/x|y or mail@evil.example"},
            [Table(("name", "n"), [("<img src=x onerror=y>", 1)])],
            code="``` \n# not a heading",
        )
    ],
)  # fmt: skip


def test_page_as_markdown_has_no_foreign_link() -> None:
    page = _PAGE.markdown()
    assert "[abcdefgh](/runs/abcdefgh-1)" in page
    assert len(re.findall(r"(?<!\\)\]\(", page)) == 1
    assert "`https://evil.example/x%7Cy`" in page
    assert "`mail@evil.example`" in page
    assert "\\<img" in page
    assert "\n    ``` \n    # not a heading" in page
    assert "## Findings\n\n- **A \\| finding** Do \\*this\\*." in page
    assert "## 1. Facts \\& more" in page


def test_page_as_text_is_aligned() -> None:
    lines = _PAGE.text().splitlines()
    assert "  ! A | finding Do *this*." in lines
    assert "  run      abcdefgh-1" in lines
    assert "  no run   unknown" in lines
    assert "  list     a, b" in lines


@pytest.mark.parametrize("text", ["a_b *c* [d](e) <f> | `g` # h", "1. x", "~~y~~", "&amp;"])
def test_markdown_is_escaped_letter_for_letter(text: str) -> None:
    shown = escaped(text)
    assert shown.replace("\\", "") == text.replace("\\", "")
    assert not any(sign in shown.replace(f"\\{sign}", "") for sign in "_*[]<>|`#~&")

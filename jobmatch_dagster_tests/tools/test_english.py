"""The check of English finds the words that it looks for, and no others."""

import pytest

from tools.english import TICS, find

_BY_NAME = {tic.name: tic for tic in TICS}


@pytest.mark.parametrize(
    ("tic", "text"),
    [
        ("tell", "It is told to a person."),
        ("tell", "def tell_webhook() -> None:"),
        ("stand", "Where the row stands in the table."),
        ("held", "held_by_users"),
        ("mend", "One backfill mends it."),
        ("walk", "Walk the feed once."),
        ("taken in", "A file is taken in."),
        ("in force", "model_in_force"),
        ("of chain", "the rows of the table of the user of the run"),
        ("of chain", "# the rows of the table\n# of the user of\n# the run"),
        ("catalogue", "The Catalogue in numbers"),
        ("Put here", "Put here what is printed."),
    ],
)
def test_a_tic_is_found(tic: str, text: str) -> None:
    assert [place.line for place in find(_BY_NAME[tic], "file.py", text)] == [1]


@pytest.mark.parametrize(
    ("tic", "text"),
    [
        ("tell", "a teller, an intelligent retell"),
        ("stand", "a stand-in, claude_stand_in, to understand, standalone"),
        ("held", "withheld"),
        ("mend", "amend, recommended, commend"),
        ("walk", "ast.walk(tree)"),
        ("of chain", "one of the rows of the table"),
        ("catalogue", "the catalog"),
    ],
)
def test_other_words_are_left_alone(tic: str, text: str) -> None:
    assert list(find(_BY_NAME[tic], "file.py", text)) == []

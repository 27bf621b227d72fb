"""The version of the texts that are embedded: another word list is another version."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jobmatch_dagster.core.matching import embedding_text
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed, text_version
from jobmatch_dagster.core.vocabulary import glossary, occupations, skill_table
from jobmatch_dagster_tests.support.pairs import make_posting

_CACHES: tuple[Any, ...] = (
    text_version, skill_table.skill_names_version, glossary.glossary_version, occupations.occupations_version
)  # fmt: skip


def _forget() -> None:
    for cache in _CACHES:
        cache.cache_clear()


def _another_skill() -> object:
    table = skill_table._table()
    return replace(table, ids={**table.ids, "wound care": "Another Name"})


@pytest.mark.parametrize(
    ("module", "table", "other"),
    [
        (skill_table, "_table", _another_skill),
        (glossary, "_tables", lambda: {**glossary._tables(), "words": {"und": "or"}}),
        (occupations, "_groups", lambda: occupations._groups()[1:]),
    ],
)
def test_another_word_list_is_another_version(
    monkeypatch: pytest.MonkeyPatch, module: Any, table: str, other: Callable[[], object]
) -> None:
    before, changed = text_version(), other()
    assert before.startswith("text-v")
    monkeypatch.setattr(module, table, lambda: changed)
    _forget()
    try:
        assert text_version() != before
        assert text_version().split(embedding_text.WORDS_MARK)[0] == before.split(embedding_text.WORDS_MARK)[0]
    finally:
        monkeypatch.undo()
        _forget()
    assert text_version() == before


def test_the_text_follows_the_skill_table() -> None:
    text = posting_text_to_embed(make_posting(title="Pflegefachkraft (m/w/d)", ai_key_skills=["k8s"]))
    assert "Kubernetes" in text
    assert "(m/w/d)" not in text

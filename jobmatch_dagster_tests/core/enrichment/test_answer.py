"""What makes an answer usable, and how a score is clamped."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.enrichment.answer import Answer, UnusableAnswer, choose_answer, clamp_to_band, read_answer
from jobmatch_dagster.core.enrichment.groups import build_group_request, group_guidelines
from jobmatch_dagster.core.enrichment.prompt import ANSWER_SCHEMA, build_request, guidelines, prompt_version, score_band

_REQUEST = build_request(
    {"skills": ["Python", "R"], "experience_years": 6.3},
    {
        "title": "Data Engineer",
        "company": "Kranich",
        "skills": ["Python", "C++"],
        "requirements": "Good German is asked for.",
    },
    {"skill_match": "50.0 % (1/2)"},
)
_GOOD: dict[str, Any] = {
    "claude_score": 70,
    "match_reasoning": "You bring Python; C++ is missing.",
    "key_alignments": [{"point": "Python is there", "quote": "Python"}],
    "potential_gaps": [{"point": "C++ is missing", "quote": "C++"}],
}


def _read(**changes: Any) -> Answer | UnusableAnswer:
    text = json.dumps({**_GOOD, **changes})
    return read_answer(
        {"content": [{"type": "thinking"}, {"type": "text", "text": text}], "stop_reason": "end_turn"}, _REQUEST
    )


def test_the_prompt_is_the_one_that_its_version_names() -> None:
    """An edit of guidelines or schema makes a new version, with which pairs are asked from then on: update it here."""
    content = guidelines() + json.dumps(ANSWER_SCHEMA, sort_keys=True)
    assert prompt_version() == f"explain_match-3-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    assert prompt_version() == "explain_match-3-841422d3"


@pytest.mark.parametrize(
    ("percent", "band"),
    [(100, (85, 90)), (80, (85, 90)), (79.9, (75, 84)), (60, (75, 84)), (59.9, (60, 74)), (40, (60, 74)),
     (39.9, (45, 59)), (20, (45, 59)), (19.9, (30, 44)), (0, (30, 44)), (None, (45, 74))],
)  # fmt: skip
def test_bands_follow_the_mission(percent: float | None, band: tuple[int, int]) -> None:
    assert score_band(percent) == band


@given(st.integers(0, 100), st.one_of(st.none(), st.floats(0, 100)), st.integers(0, 100))
def test_a_score_is_clamped_to_its_band(raw: int, percent: float | None, width: int) -> None:
    clamped = clamp_to_band(raw, percent, width)
    assert 0 <= clamped.score <= 100
    assert clamped.band_low - width <= clamped.score <= clamped.band_high + width
    assert (clamped.deviation == 0) == (clamped.band_low <= raw <= clamped.band_high)
    assert raw - clamped.deviation in (raw, clamped.band_low, clamped.band_high)
    if abs(clamped.deviation) <= width:
        assert clamped.score == raw


def test_a_good_answer_is_read() -> None:
    found = _read()
    assert isinstance(found, Answer)
    assert (found.raw_score, found.dropped_items, found.is_generic) == (70, 0, False)
    assert found.alignments == [{"point": "Python is there", "quote": "Python"}]


@pytest.mark.parametrize(
    ("quote", "occurs"),
    [("python", True), ("“Python”", True), ("R", True), ("good german", True), ("C++", True), ("Data  Engineer", True),
     ("Pyth", False), ("C", False), ("", False), ("Java", False), ("skills", False), ("is", False), ("6.3", True),
     ("50.0 %", False), ("Good German is asked for…", True)],
)  # fmt: skip
def test_a_quote_must_occur_in_a_value(quote: str, occurs: bool) -> None:
    found = _read(key_alignments=[{"point": "x", "quote": quote}], potential_gaps=[])
    assert isinstance(found, Answer) is occurs
    if isinstance(found, UnusableAnswer):
        assert found.status == "ungrounded"


@pytest.mark.parametrize(
    ("reasoning", "generic"),
    [("You fit this job very well.", True), ("Data Engineer at Kranich suits you.", True), ("Your Python fits.", False),
     ("Your 6 years of experience fit.", False), ("You know C++.", False), ("Rather good.", True)],
)  # fmt: skip
def test_reasoning_without_a_fact_is_generic(reasoning: str, generic: bool) -> None:
    found = _read(match_reasoning=reasoning)
    assert isinstance(found, Answer)
    assert found.is_generic is generic


_GERMAN_REQUEST = build_request(
    {"skills": ["Python"], "languages": ["German"], "industries": ["Healthcare"], "education": ["bachelor degree"]},
    {"title": "Data Engineer", "skills": ["Python", "C++"], "work_arrangement": "Hybrid", "experience_level": "5-10"},
    {"skill_match": "50.0 % (1/2)"},
    "de",
)


@pytest.mark.parametrize(
    ("reasoning", "generic"),
    [("Sie passen sehr gut zu dieser Stelle.", True), ("Ihre Kenntnisse sind gefragt.", True),
     ("Sie kennen das Gesundheitswesen.", False), ("Ihre Deutschkenntnisse passen.", False),
     ("Ein Tag Homeoffice ist möglich.", False), ("Ihr Bachelorabschluss genügt.", False),
     ("Gefordert ist mehr als ein Jahr.", True), ("Sie bringen 6 Jahre mit.", False), ("Ihr Python passt.", False),
     ("Sie kommen aus dem Einzelhandel.", True)],
)  # fmt: skip
def test_german_facts_are_facts(reasoning: str, generic: bool) -> None:
    text = json.dumps({**_GOOD, "match_reasoning": reasoning})
    found = read_answer({"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}, _GERMAN_REQUEST)
    assert isinstance(found, Answer)
    assert found.is_generic is generic


def test_an_english_request_is_what_it_was() -> None:
    """Recorded before there was another language: with other bytes every pair would be asked, and paid, again."""
    assert _REQUEST.profile == '{"profile": {"experience_years": 6.3, "skills": ["Python", "R"]}}'
    assert _REQUEST.guidelines == guidelines()
    assert _REQUEST.request_hash(7, "m") == "1b9f751a27107ed0063eb8f7bd4f7475e4dbcb4fcd3a58afaf4ec18d24f8d333"
    assert _REQUEST.again("x").request_hash(7, "m").startswith("8752912202ccb8ea")


def test_a_german_request_has_its_own_identity() -> None:
    english = build_request(json.loads(_GERMAN_REQUEST.profile)["profile"], *json.loads(_GERMAN_REQUEST.pair).values())
    assert json.loads(_GERMAN_REQUEST.profile)["answer_language"] == "German"
    assert _GERMAN_REQUEST.request_hash(1, "m") != english.request_hash(1, "m")
    asked = _GERMAN_REQUEST.guidelines.removeprefix(guidelines())
    assert "in German instead of English" in asked
    group = build_group_request([("aaaa", _GERMAN_REQUEST), ("bbbb", _GERMAN_REQUEST)])
    assert group.guidelines == group_guidelines() + asked


_SCALARS = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20)
_ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(_ANYTHING, st.sampled_from(list(_GOOD)))
def test_odd_values_give_neither_a_score_nor_an_error(value: Any, name: str) -> None:
    found = _read(**{name: value})
    if name == "claude_score":
        assert isinstance(found, UnusableAnswer)
    elif isinstance(found, Answer):
        assert found.reasoning


def test_an_answer_is_cut_and_loses_contact_data() -> None:
    found = _read(match_reasoning="Python. Apply at https://evil.example/x or a@b.example. " + "long " * 900)
    assert isinstance(found, Answer)
    assert "evil" not in found.reasoning
    assert "@" not in found.reasoning
    assert len(found.reasoning) <= 1_500


def test_the_better_of_two_answers_counts() -> None:
    good, generic, bad = _read(), _read(match_reasoning="Fits well."), UnusableAnswer("ungrounded", "no quote")
    refused = UnusableAnswer("refused", "declined")
    assert choose_answer(good, None) is good
    assert choose_answer(refused, None) is refused
    assert choose_answer(bad, None) is choose_answer(generic, None) is None
    assert choose_answer(bad, good) is good
    assert choose_answer(bad, refused) is refused
    assert choose_answer(generic, bad) is generic
    assert choose_answer(generic, good) is good

"""A group's request, and its answer cut into one message for each posting."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.enrichment.answer import Answer, UnusableAnswer, read_answer
from jobmatch_dagster.core.enrichment.costs import shares_of
from jobmatch_dagster.core.enrichment.groups import (
    build_group_request,
    group_guidelines,
    group_schema,
    group_version,
    posting_id,
    split_answer,
)
from jobmatch_dagster.core.enrichment.prompt import PairRequest, build_request, guidelines

_PROFILE = {"skills": ["Python", "Nursing"]}
_TITLES = {"aaaa": "Senior Data Engineer in a Team", "bbbb": "Night Nurse", "cccc": "Senior Data Analyst"}


def _pair(title: str | None) -> PairRequest:
    posting = {"skills": ["Python", "Nursing"], **({"title": title} if title else {})}
    return build_request(_PROFILE, posting, {"skill_match": "100 %"})


def _item(key: str, **changes: Any) -> dict[str, Any]:
    title = " ".join(_TITLES.get(key, "none").split()[:5])
    return {
        "id": key, "title": title, "claude_score": 80, "match_reasoning": "You know Python.",
        "key_alignments": [{"point": "It fits", "quote": "Python"}], "potential_gaps": [], **changes,
    }  # fmt: skip


def _message(answers: Any, stop_reason: str = "end_turn") -> dict[str, Any]:
    text = answers if isinstance(answers, str) else json.dumps({"answers": answers})
    return {"id": "msg_1", "content": [{"type": "text", "text": text}], "stop_reason": stop_reason, "usage": {"x": 1}}


def test_the_person_is_sent_once_and_each_posting_with_its_id() -> None:
    members = [(key, _pair(title)) for key, title in _TITLES.items()]
    request = build_group_request(members)
    assert request.profile == members[0][1].profile
    pairs = json.loads(request.pair)["pairs"]
    assert [entry.pop("id") for entry in pairs] == list(_TITLES)
    assert pairs == [json.loads(member.pair) for _, member in members]
    assert (request.answers, request.answer_schema) == (3, group_schema())
    assert request.guidelines.startswith(guidelines())
    assert request.size_bytes < sum(member.size_bytes for _, member in members)


@pytest.mark.parametrize("keys", [("aaaa", "aaaa"), ("aaaa", "bbbb")])
def test_a_group_never_mixes_people_or_ids(keys: tuple[str, str]) -> None:
    other = build_request({"skills": ["R"]}, {"title": "Nurse"}, {})
    with pytest.raises(ValueError, match="one profile"):
        build_group_request([(keys[0], _pair("Nurse")), (keys[1], other if keys[0] != keys[1] else _pair("Cook"))])


def test_the_groups_part_is_the_one_that_its_version_names() -> None:
    """An edit of what only groups are sent makes a new version, stored with their answers: update it here."""
    addition = group_guidelines().removeprefix(guidelines()) + json.dumps(group_schema(), sort_keys=True)
    assert group_version() == f"explain_group-1-{hashlib.sha256(addition.encode()).hexdigest()[:8]}"


def test_answers_reach_their_postings_in_any_order() -> None:
    split = split_answer(_message([_item("cccc"), _item("dddd"), _item("aaaa"), _item("bbbb")]), list(_TITLES))
    assert split.problems == {}
    for key, title in _TITLES.items():
        found = read_answer(split.messages[key], _pair(title))
        assert isinstance(found, Answer)
        assert split.messages[key]["group"] == {"postings": 3, "prompt": group_version()}
        assert "usage" not in split.messages[key]


@pytest.mark.parametrize(
    ("answers", "without"),
    [
        ([_item("aaaa"), _item("cccc")], {"bbbb"}),
        ([_item("aaaa"), _item("bbbb"), _item("cccc"), _item("bbbb", claude_score=0)], {"bbbb"}),
        ([_item("aaaa"), {**_item("bbbb"), "id": 7}, _item("cccc")], {"bbbb"}),
        ([_item("aaaa"), "no item", None, _item("cccc")], {"bbbb"}),
        ([_item("aaaa"), {**_item("bbbb"), "id": "BBBB"}, _item("cccc")], {"bbbb"}),
        ({"aaaa": _item("aaaa")}, set(_TITLES)),
        ("[" * 100_000, set(_TITLES)),
        ('{"answers": [{"id": "aaaa"', set(_TITLES)),
        ("[]", set(_TITLES)),
    ],
)  # fmt: skip
def test_a_bad_id_costs_no_other_answer(answers: Any, without: set[str]) -> None:
    split = split_answer(_message(answers), list(_TITLES))
    assert set(split.problems) == without
    assert set(split.messages) == set(_TITLES) - without
    assert all(isinstance(read_answer(split.messages[key], _pair(_TITLES[key])), Answer) for key in split.messages)


@pytest.mark.parametrize("stop_reason", ["refusal", "max_tokens"])
def test_an_answer_that_was_cut_or_refused_is_none(stop_reason: str) -> None:
    split = split_answer(_message([_item(key) for key in _TITLES], stop_reason), list(_TITLES))
    assert (split.messages, set(split.problems)) == ({}, set(_TITLES))


def test_an_answer_under_anothers_id_is_refused() -> None:
    """Both postings ask for the same, so that every quote occurs in both: the title shows whose answer it is."""
    swapped = [{**_item("aaaa"), "id": "bbbb"}, {**_item("bbbb"), "id": "aaaa"}, _item("cccc")]
    split = split_answer(_message(swapped), list(_TITLES))
    found = {key: read_answer(split.messages[key], _pair(title)) for key, title in _TITLES.items()}
    assert isinstance(found["aaaa"], UnusableAnswer)
    assert isinstance(found["bbbb"], UnusableAnswer)
    assert isinstance(found["cccc"], Answer)


@pytest.mark.parametrize(
    ("said", "title", "repeats"),
    [
        ("Senior Data Engineer in a", "Senior Data Engineer in a Team", True),
        ("senior data ENGINEER in a team, Berlin", "Senior Data Engineer in a Team", True),
        ("Senior Data Engineer", "Senior Data Engineer in a Team", True),
        ("Senior Data", "Senior Data Engineer in a Team", False),
        ("Senior Data Analyst", "Senior Data Engineer in a Team", False),
        ("Night Nurse", "Night Nurse", True), ("Night", "Night Nurse", False), ("", "Night Nurse", False),
        (None, "Night Nurse", False), (["Night", "Nurse"], "Night Nurse", False), ("anything", None, True),
    ],
)  # fmt: skip
def test_the_first_words_of_the_title_are_repeated(said: Any, title: str | None, repeats: bool) -> None:
    message = split_answer(_message([_item("aaaa", title=said)]), ["aaaa"]).messages["aaaa"]
    assert isinstance(read_answer(message, _pair(title)), Answer) is repeats


_SCALARS = st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.sampled_from(list(_TITLES))
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "title", "x"]), inner),
)


@given(st.lists(_ANYTHING, max_size=4) | st.text(max_size=20))
def test_odd_answers_give_each_posting_one_outcome(answers: Any) -> None:
    split = split_answer(_message(answers), list(_TITLES))
    assert set(split.messages) | set(split.problems) == set(_TITLES)
    assert not set(split.messages) & set(split.problems)
    for key, message in split.messages.items():
        # As the ledger stores it: JSON without a character that its column refuses.
        assert "\\u0000" not in json.dumps(message).replace("\\\\", "")
        read_answer(message, _pair(_TITLES[key]))


def test_an_id_says_nothing_of_its_posting() -> None:
    one, other = _pair("Nurse").request_hash(1, "m"), _pair("Nurse").request_hash(2, "m")
    assert posting_id(one) != posting_id(other)
    assert (len(posting_id(one)), one.startswith(posting_id(one))) == (8, True)


@given(
    st.dictionaries(st.sampled_from(["input_tokens", "output_tokens"]), st.integers(0, 10**6)),
    st.integers(0, 10**7), st.integers(1, 10),
)  # fmt: skip
def test_shares_add_up_to_the_bill(usage: dict[str, int], millionths: int, count: int) -> None:
    cost = Decimal(millionths) / 10_000_000
    shares = shares_of(usage, cost, count)
    assert len(shares) == count
    assert sum(share.cost_usd for share in shares) == cost
    assert all(share.cost_usd >= 0 for share in shares)
    for name, tokens in usage.items():
        parts = [share.usage[name] for share in shares]
        assert sum(parts) == tokens
        assert max(parts) - min(parts) <= 1

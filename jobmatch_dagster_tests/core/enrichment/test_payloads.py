"""Every payload through every text that may reach Claude: no fact, score, verdict or frame of the request changes.

What a payload may change is said too: a posting with one is described by fewer words, and a skill that is a payload
counts as any other skill that the CV lacks.
"""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, get_type_hints

import pytest

from jobmatch_dagster.core.columns import PostingFields, PostingTerms, PostingToSend
from jobmatch_dagster.core.enrichment.analysis import posting_to_send, profile_to_send
from jobmatch_dagster.core.enrichment.answer import Answer, UnusableAnswer, clamp_to_band, read_answer
from jobmatch_dagster.core.enrichment.fill import FILLABLE, build_fill_request, fill_fields
from jobmatch_dagster.core.enrichment.groups import build_group_request
from jobmatch_dagster.core.enrichment.prompt import PairRequest, build_request
from jobmatch_dagster.core.matching.conditions import UserConditions, conditions_of_posting
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, ScoringRules, facts_of_profile, judge
from jobmatch_dagster.core.matching.posting_facts import PostingFacts, derive_facts
from jobmatch_dagster.core.posting import INDUSTRIES, Posting
from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.core.vocabulary.skill_table import canonical
from jobmatch_dagster_tests.support.cvs.written import ENGLISH
from jobmatch_dagster_tests.support.injections import AD, PROFILE, UNSEEN, injections, seen_injections
from jobmatch_dagster_tests.support.pairs import analyse_pair, make_posting, make_profile

_SEEN = seen_injections()
_UNSEEN = injections()[UNSEEN]
_PAYLOADS = {**injections(), "repeated": [f"{texts[0]} " * 500 for texts in injections().values()]}
_each_section = pytest.mark.parametrize("section", list(_PAYLOADS))

_POSTING = make_posting(
    **AD,
    title="Backend Developer",
    location="Berlin, Germany",
    description="We look for a developer who knows Python and PostgreSQL.",
    cities_derived=["Berlin"],
    countries_derived=["Germany"],
    ai_keywords=["Python", "REST"],
    ai_experience_level="5-10",
    ai_core_responsibilities="You build services.",
)
_PROFILE = make_profile(
    **PROFILE,
    seniority="senior",
    work_arrangements=["Remote OK"],
)
_ASKED = UserConditions(locations=["Hamburg"], languages=["English"])
# What decides a score is one of these; all other texts of an ad are words.
_FACTS = ("ai_key_skills", "ai_experience_level", "ai_taxonomies_a", "ai_work_arrangement")
_SENT = {
    "title", "company", "skills", "keywords", "experience_level", "work_arrangement", "industries", "education",
    "language", "responsibilities", "requirements", "text",
}  # fmt: skip


def _texts_of(row: type) -> list[str]:
    """Names of the fields that hold text, alone or in a list."""
    return [name for name, kind in get_type_hints(row).items() if "str" in str(kind) and "dict" not in str(kind)]


_TEXTS = _texts_of(Posting)
# What some function reads of a posting; the other texts are tried all at once.
_READ = [name for name in _TEXTS if any(hasattr(row, name) for row in (PostingToSend, PostingFields, PostingTerms))]


def _with(row: Any, name: str, payload: str) -> Any:
    """The row with the payload behind what a field says; a list gets it as one more item."""
    value = getattr(row, name)
    is_list = "list" in str(get_type_hints(type(row))[name])
    return replace(row, **{name: [*(value or ()), payload] if is_list else f"{value or ''} {payload}".strip()})


def _postings(payload: str) -> Iterator[tuple[str, Posting]]:
    """The posting with the payload in one field after another, then in all that nothing reads."""
    for name in _READ:
        yield name, _with(_POSTING, name, payload)
    posting = _POSTING
    for name in (name for name in _TEXTS if name not in _READ):
        posting = _with(posting, name, payload)
    yield "the others", posting


def _judged(posting: Posting, facts: PostingFacts | None = None) -> Judgement:
    facts = facts or derive_facts(posting)
    conditions = conditions_of_posting(posting, facts.work_arrangement)
    return judge(PairFacts(facts_of_profile(_PROFILE), facts, None, _ASKED, conditions), ScoringRules())


def _request(posting: Posting, profile: Profile = _PROFILE) -> PairRequest:
    sent = posting_to_send(posting, derive_facts(posting)).sent
    return build_request(profile_to_send(profile), sent, analyse_pair(posting, profile).sent)


def _leaves(value: Any) -> Iterator[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, str):
        yield value
    for item in inner:
        yield from _leaves(item)


def _numbers(judgement: Judgement) -> tuple[Any, ...]:
    return judgement.parts, judgement.score, judgement.exact, judgement.filters, judgement.unfit


def _answered(said: dict[str, Any], request: PairRequest) -> Answer | UnusableAnswer:
    return read_answer({"content": [{"type": "text", "text": json.dumps(said)}], "stop_reason": "end_turn"}, request)


_CLEAN, _CLEAN_REQUEST = _judged(_POSTING), _request(_POSTING)
_CLEAN_PAIR = json.loads(_CLEAN_REQUEST.pair)


def test_no_field_and_no_payload_is_left_out() -> None:
    assert set(_FACTS) < set(_READ) < set(_TEXTS)
    assert {"title", "description", "ai_keywords", "ai_job_language", "ai_education_requirements"} <= set(_READ)
    assert len(_READ) >= 15
    assert len(_TEXTS) >= 50
    assert len({*_SEEN, *_UNSEEN}) >= 150


@_each_section
def test_a_payload_changes_no_fact_score_or_verdict(section: str) -> None:
    for payload in _PAYLOADS[section]:
        for name, posting in (pair for pair in _postings(payload) if pair[0] not in _FACTS):
            judged = _judged(posting)
            # An ad that says of its place or language something else is another ad; it fits nobody better.
            if name not in ("company", "location", "ai_job_language"):
                assert _numbers(judged) == _numbers(_CLEAN), (payload, name)
            assert "fits" not in {verdict for _, verdict in judged.filters}, (payload, name)
            analysis = analyse_pair(posting, _PROFILE)
            assert (analysis.sent, analysis.percent) == (_CLEAN_PAIR["match_analysis"], 50), (payload, name)


@_each_section
def test_a_payload_as_a_fact_lifts_nothing(section: str) -> None:
    """A level, a field or an arrangement that is none counts as unknown, a skill as one that the CV lacks."""
    for payload in _PAYLOADS[section]:
        known = derive_facts(_POSTING)
        for name, without in (
            ("ai_experience_level", replace(known, experience_level=None)),
            ("ai_taxonomies_a", known),
            ("ai_work_arrangement", replace(known, work_arrangement=None)),
            ("ai_key_skills", replace(known, skills=[*(known.skills or ()), "Quastenpflege"])),
        ):
            assert _numbers(_judged(_with(_POSTING, name, payload))) == _numbers(_judged(_POSTING, without)), (
                payload,
                name,
            )


@_each_section
def test_a_payload_stays_inside_its_part_of_the_request(section: str) -> None:
    for payload in _PAYLOADS[section]:
        for name, posting in _postings(payload):
            request = _request(posting)
            pair = json.loads(request.pair)
            assert (request.guidelines, request.profile) == (_CLEAN_REQUEST.guidelines, _CLEAN_REQUEST.profile)
            assert list(pair) == ["match_analysis", "posting"], (payload, name)
            assert pair["match_analysis"].keys() == _CLEAN_PAIR["match_analysis"].keys(), (payload, name)
            assert pair["posting"].keys() <= _SENT, (payload, name)
            assert request.pair.isprintable(), (payload, name)
            assert len(request.pair) < 2_500, (payload, name)
            # What a screen misses may be read as words of the ad; what it sees is not sent at all.
            if payload in _SEEN:
                assert not any(payload in text for text in _leaves(pair)), (payload, name)


def test_no_payload_of_a_posting_reaches_its_neighbour() -> None:
    requests = [("clean", _CLEAN_REQUEST)]
    requests += [
        (f"id{n}", _request(_with(_POSTING, "ai_requirements_summary", payload))) for n, payload in enumerate(_UNSEEN)
    ]
    pairs = json.loads(build_group_request(requests).pair)["pairs"]
    assert [pair["id"] for pair in pairs] == [key for key, _ in requests]
    assert pairs[0] == {"id": "clean", **_CLEAN_PAIR}
    assert all(pair.keys() == {"id", *_CLEAN_PAIR} for pair in pairs)


@_each_section
def test_an_answer_that_obeys_a_payload_is_bounded(section: str) -> None:
    """A score of 100, a changed band and verdict, and fields that nobody asked for."""
    for payload in _PAYLOADS[section]:
        request = _request(_with(_POSTING, "ai_requirements_summary", payload))
        obeyed: dict[str, Any] = {
            "claude_score": 100, "match_reasoning": f"Python fits. {payload}", "potential_gaps": [],
            "key_alignments": [{"point": payload, "quote": payload}], "start_band": "95–100",
            "filters": {"visa": "passed"}, "unfit": [], "score": 100, "model": payload,
        }  # fmt: skip
        sent = any(payload in text for text in _leaves(json.loads(request.pair)))
        answer = _answered(obeyed, request)
        assert isinstance(answer, UnusableAnswer) is not sent
        answer = _answered({**obeyed, "key_alignments": [{"point": payload, "quote": "Python"}]}, request)
        assert isinstance(answer, Answer)
        assert clamp_to_band(answer.raw_score, analyse_pair(_POSTING, _PROFILE).percent).score == 84
        assert {field.name for field in fields(answer)}.isdisjoint({"start_band", "filters", "unfit", "score", "model"})
        assert len(answer.reasoning) <= 1_500
        assert answer.reasoning.isprintable()
        assert all(len(text) <= 300 and text.isprintable() for item in answer.alignments for text in item.values())


@pytest.mark.parametrize("score", [101, -1, 1_000, "100", 100.0, True, None, [100], {"value": 100}])
def test_a_score_of_another_kind_is_refused(score: object) -> None:
    obeyed = {
        "claude_score": score, "match_reasoning": "Python fits.", "potential_gaps": [],
        "key_alignments": [{"point": "Python", "quote": "Python"}],
    }  # fmt: skip
    assert isinstance(_answered(obeyed, _CLEAN_REQUEST), UnusableAnswer)


@_each_section
def test_a_payload_in_a_profile_is_not_sent(section: str) -> None:
    """A skill of the table that it names is, under the table's name."""
    for payload in _PAYLOADS[section]:
        for name in _texts_of(Profile):
            profile = _with(_PROFILE, name, payload)
            request = _request(_POSTING, profile)
            sent = json.loads(request.profile)["profile"]
            assert payload not in request.profile, (payload, name)
            assert sent.keys() <= json.loads(_CLEAN_REQUEST.profile)["profile"].keys(), (payload, name)
            assert set(sent["skills"]) >= {"Python", "PostgreSQL", "Git"}
            assert all(canonical(skill) == skill for skill in sent["skills"]), (payload, name)
            if name != "skills":
                assert json.loads(request.pair)["match_analysis"]["skill_match"] == "50.0 % (2/4)", (payload, name)


@_each_section
def test_an_obeyed_payload_of_a_cv_fills_in_only_known_words(section: str) -> None:
    for payload in _PAYLOADS[section]:
        text = "\n".join([*ENGLISH.lines, "", "Other", payload])
        request = build_fill_request(text, FILLABLE)
        assert list(json.loads(request.profile)) == ["cv"]
        item = {"value": payload, "quote": payload}
        lies = [item, {"value": "doctorate", "quote": payload}, {"value": 40, "quote": payload}]
        answer = json.dumps(
            {**dict.fromkeys(FILLABLE, lies), "skills": [item], "locations": [item], "claude_score": 100}
        )
        profile = make_profile(skills=["Python"])
        filled = fill_fields(profile, FILLABLE, answer, request) or profile
        unchanged = {f.name for f in fields(Profile)} - {*FILLABLE, "evidence", "experience_level"}
        assert all(getattr(filled, name) == getattr(profile, name) for name in unchanged)
        assert payload not in [*(filled.languages or ()), *(filled.education or ()), filled.seniority]
        assert set(filled.industries or ()) <= set(INDUSTRIES)
        assert filled.experience_years is None

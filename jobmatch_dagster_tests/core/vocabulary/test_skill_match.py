"""Skills that are easily confused, and what a comparison of skills guarantees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.vocabulary.skill_match import compare_skills, offer_skills, skill_ids


@pytest.mark.parametrize(
    ("posting", "cv"),
    [
        ("C", "C++"), ("C", "C#"), ("C#", "C++"), ("C", "R"), ("Go", "Google Analytics"), ("R", "React"),
        ("Java", "JavaScript"), ("React", "React Native"), ("SQL", "NoSQL"),
        ("Excel", "excellent communication"), ("AWS", "laws"), ("Ruby", "Rust"), (".NET", "network"),
        ("SQL databases", "NoSQL databases"), ("C programming", "CNC programming"), ("R statistics", "Statistics"),
    ],
)  # fmt: skip
def test_these_are_never_the_same(posting: str, cv: str) -> None:
    assert compare_skills([posting], [cv]).matching == ()


@pytest.mark.parametrize(
    ("posting", "cv"),
    [
        ("Kubernetes", "k8s"), ("JavaScript", "JS"), ("PostgreSQL", "Postgres"), ("Machine Learning", "ML"),
        ("C++", "c++"), (".NET", ".net"), ("Accounting", "Buchhaltung"), ("Warehousing", "Warehousing "),
        ("Kubernetes", "Kubernets"), ("Machine Learning", "machine-learning"),
        ("Project Management", "project managment"),
    ],
)  # fmt: skip
def test_these_are_the_same(posting: str, cv: str) -> None:
    assert compare_skills([posting], [cv]).matching == (posting,)


def test_a_comparison_says_how_each_skill_was_found() -> None:
    match = compare_skills(["Kubernetes", "Python", "Beekeeping"], ["k8s", "python", "Gardening"])
    assert [(hit.kind, hit.job_skill, hit.cv_skill) for hit in match.hits] == [
        ("alias", "Kubernetes", "k8s"),
        ("exact", "Python", "python"),
    ]
    assert match.missing == ("Beekeeping",)
    assert match.additional == ["Gardening"]
    assert match.summary == "66.7 % (2/3)"


@pytest.mark.parametrize(("posting", "cv"), [(None, ["A"]), (["A"], None), ([], []), (["A"], [])])
def test_unknown_is_not_zero(posting: list[str] | None, cv: list[str] | None) -> None:
    match = compare_skills(posting, cv)
    assert match.asked == 0
    assert match.summary == "unknown"


_SKILLS = st.lists(st.sampled_from(["Python", "SQL", "k8s", "Docker", "Java", "Nursing", "Zither", "R"]), max_size=6)
# Of each skill another weight.
_WEIGHTS = {
    skill: place
    for place, skill in enumerate(skill_ids(["Python", "SQL", "k8s", "Docker", "Java", "Nursing", "Zither", "R"]), 1)
}
# As if the vectors of these were alike.
_SIMILAR = {"Python": ["zither"], "Nursing": ["zither", "harp"]}


@given(posting=_SKILLS, cv=_SKILLS, more=st.sampled_from(["Python", "Kubernetes", "Zither"]))
def test_one_skill_more_never_makes_it_worse(posting: list[str], cv: list[str], more: str) -> None:
    before, after = (compare_skills(posting, skills, _SIMILAR) for skills in (cv, [*cv, more]))
    assert after.asked >= before.asked
    assert after.tenths(_WEIGHTS) >= before.tenths(_WEIGHTS)


@given(posting=_SKILLS, cv=_SKILLS)
def test_order_and_repetition_change_nothing(posting: list[str], cv: list[str]) -> None:
    match, turned = compare_skills(posting, cv), compare_skills(posting[::-1] * 2, cv[::-1])
    assert (match.tenths(_WEIGHTS), match.asked) == (turned.tenths(_WEIGHTS), turned.asked)


@given(posting=_SKILLS, cv=_SKILLS)
def test_block_and_single_comparison_give_the_same_credit(posting: list[str], cv: list[str]) -> None:
    earned = offer_skills(cv, _SIMILAR).tenths()
    match = compare_skills(posting, cv, _SIMILAR)
    assert match.tenths(_WEIGHTS) == sum(earned.get(skill, 0) * _WEIGHTS[skill] for skill in skill_ids(posting))


def test_what_is_alike_by_vectors_is_related_and_never_the_same() -> None:
    match = compare_skills(["Zither", "Python"], ["Nursing"], _SIMILAR)
    assert [(hit.kind, hit.job_skill, hit.cv_skill, hit.credit) for hit in match.hits] == [
        ("similar", "Zither", "Nursing", 0.7)
    ]
    assert match.matching == ()


def test_the_table_goes_before_vectors() -> None:
    assert compare_skills(["Zither"], ["Zither", "Python"], _SIMILAR).hits[0].kind == "exact"

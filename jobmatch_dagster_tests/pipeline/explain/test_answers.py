"""What an explanation answers: the verdict that is true now, what differs, near keys and ids, why Claude waits."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from jobmatch_dagster.core.text import counted
from jobmatch_dagster.pipeline.explain.page import Explanation
from jobmatch_dagster.pipeline.explain.pair_data import NothingToExplainError
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster_tests.support.explained_pair import Pair


def _facts(explained: Explanation, title: str) -> Mapping[str, Any]:
    return next(section.facts for section in explained.page.sections if section.title == title)


def test_a_match_that_a_filter_takes_out_is_no_match(pair: Pair) -> None:
    company = pair.seed(
        "INSERT INTO user_preferences (user_id, version, excluded_companies) SELECT users.id, 1, ARRAY[jobs.company] "
        "FROM users, jobs WHERE user_key = 'ada' AND external_id = :posting"
    )
    assert company == 1
    explained = pair.explain()
    verdict = _facts(explained, "Verdict")["match"]
    assert re.match(r"now: no match, a filter excludes it: \w+; stored: \d+ of 100", verdict)
    assert explained.is_same is False
    assert "the current inputs give no match now" in pair.findings()


def test_what_differs_is_named(pair: Pair) -> None:
    pair.seed("UPDATE user_job_matches SET experience_score = 7")
    assert re.search(r"experience 7, now \d+", pair.findings())
    assert _facts(pair.explain(), "Verdict")["match"].startswith("now: ")


@pytest.mark.parametrize("typed", ["Ada", "adda", "daa"])
def test_an_unknown_user_is_answered_with_near_keys(pair: Pair, typed: str) -> None:
    with pytest.raises(NothingToExplainError, match=f"There is no user '{typed}'. Did you mean ada"):
        pair.explain(user=typed)


@pytest.mark.parametrize("change", ["other", "more", "less", "swapped"])
def test_an_unknown_posting_is_answered_with_near_ids(pair: Pair, change: str) -> None:
    known = pair.posting
    typed = {
        "other": known[:4] + "x" + known[5:],
        "more": known[:4] + "7" + known[4:],
        "less": known[:4] + known[5:],
        "swapped": known[:1] + known[2] + known[1] + known[3:],
    }[change]
    found = "\n".join(finding.what for finding in pair.explain(posting=typed).page.findings)
    assert "Ids that differ by a letter" in found
    assert known in found


def test_an_id_is_compared_as_an_id(pair: Pair) -> None:
    # A part of an id, and a word of every page, are in the bytes and are no postings.
    for typed in (pair.posting[:6], "title", "true"):
        assert not any("name it" in finding.what for finding in pair.explain(posting=typed).page.findings)
    pair.seed("DELETE FROM jobs WHERE external_id = :posting")
    assert any("name it" in finding.what for finding in pair.explain().page.findings)


def test_a_page_without_findings_says_so(pair: Pair) -> None:
    page = pair.explain().page
    assert not page.findings
    assert "Nothing stands out." in page.text()
    assert "Nothing stands out." in page.markdown()


@pytest.mark.parametrize(
    ("claude", "why"),
    [
        (ClaudeResource(api_key=""), "ANTHROPIC_API_KEY is not set"),
        (ClaudeResource(api_key="k", budget_usd_per_day=0), "a budget is 0"),
        (ClaudeResource(api_key="k"), "the next run asks"),
    ],
)
def test_a_waiting_pair_says_why(pair: Pair, claude: ClaudeResource, why: str) -> None:
    pair.seed("UPDATE user_job_matches SET claude_status = 'waiting'")
    assert why in _facts(pair.explain_with(claude), "Verdict")["Claude"]


def test_an_unknown_field_of_a_person_is_a_finding(pair: Pair) -> None:
    pair.seed("UPDATE cv_profiles SET industries = NULL, experience_years = NULL, experience_level = NULL")
    found = pair.findings()
    assert "The CV does not say the industries: the part industry is unknown" in found
    assert "The CV does not say the experience years" in found


@pytest.mark.parametrize(("count", "said"), [(1, "1 hour"), (2, "2 hours"), (0, "0 hours"), (1200, "1,200 hours")])
def test_a_number_agrees_with_its_noun(count: int, said: str) -> None:
    assert counted(count, "hour") == said

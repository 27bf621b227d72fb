"""The enrichment against a local stand-in for Claude: both slices, batches and calls, requests, scores, reasons."""

import json

import pytest
from sqlalchemy import text

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.core.vocabulary.similar_skills import similar_skills_version
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.explain import wording
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn, data_of, grounded
from jobmatch_dagster_tests.support.claude_world import PLANTED, ClaudeWorld
from jobmatch_dagster_tests.support.world import HOUR, NOW

_DONE = "claude_status = 'done' AND claude_score BETWEEN 0 AND 100"


def test_pairs_wait_without_a_key(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with environment({"ANTHROPIC_API_KEY": None}):
        claude_world.reload()
        reported = claude_world.run_for("ada")
    assert (reported["calls"], claude.sent) == (0, [])
    assert reported["pairs_waiting"] == claude_world.count("user_id = 1") > 0
    assert "ANTHROPIC_API_KEY is not set" in reported["note"]


def test_every_waiting_pair_gets_a_score_with_reasons(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.count("user_id = 1")
    reported = claude_world.run_for("ada")
    assert (reported["calls"], reported["pairs_done"], reported["pairs_waiting"]) == (claude_world.questions, pairs, 0)
    assert reported["cost_usd"] > 0
    assert reported["usd_per_1000_pairs"] == pytest.approx(1000 * reported["cost_usd"] / pairs)
    assert reported["estimated_usd_at_most"] > reported["cost_usd"]
    assert claude_world.count(_DONE) == pairs
    assert float(claude_world.scalar("SELECT sum(cost_usd) FROM claude_requests")) == pytest.approx(
        reported["cost_usd"]
    )
    read_from_cache = claude_world.scalar("SELECT sum((usage->>'cache_read_input_tokens')::int) FROM claude_requests")
    # The first call fills the cache, the others read from it.
    assert read_from_cache == reported["cache_read_tokens"] > 0
    assert len(claude.counted) == 1


def test_every_explained_pair_leaves_one_event(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    explained = """
        SELECT count(*) FROM match_events AS e JOIN user_job_matches AS m USING (user_id, job_id)
        WHERE event = 'explained' AND (score, band, detail) = (m.claude_score, m.priority, m.prompt_version)
          AND e.run_id IS NOT NULL
    """
    claude_world.run_for("ada")
    pairs = claude_world.count(f"user_id = 1 AND {_DONE}")
    assert claude_world.scalar(explained) == pairs > 0
    claude_world.run_for("ada")
    assert claude_world.scalar("SELECT count(*) FROM match_events WHERE event = 'explained'") == pairs
    claude.answer = lambda _: {"content": "no answer of the form that was asked for"}
    claude_world.run_for("ben")
    assert claude_world.count(f"user_id = 2 AND {_DONE}") == 0
    assert claude_world.scalar("SELECT count(*) FROM match_events WHERE event = 'explained'") == pairs


def test_the_explanation_of_a_pair_shows_the_answer(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {**grounded(request), "remark": "as the API sent it"}
    claude_world.run_for("ada")
    resources = default_resources()
    settings = MatchSettings(
        resources["embedder"].model, resources["matching"].weights(), resources["matching"].keep_best
    )
    posting = claude_world.scalar(
        "SELECT external_id FROM jobs JOIN user_job_matches ON job_id = jobs.id WHERE user_id = 1 LIMIT 1"
    )
    page = explain(claude_world.database, settings, "ada", posting, now=NOW).page
    (section,) = [section for section in page.sections if section.title == "Claude"]
    assert "as the API sent it" in section.code
    refused = {"content": [], "stop_reason": "refusal", "usage": {}}
    assert wording.answer(refused) == "no text: refusal"


def test_slices_batches_and_calls_write_the_same_rows(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    hour = hour_name(HOUR)
    slices = {
        "hour": [("hourly_collection", "claude_matches", hour)],
        "user": [("rematch_user", "user_claude_matches", key) for key in ("ada", "ben", "u-1")],
    }
    found = []
    for runs in slices.values():
        for batch_min in ("100", "1"):
            claude_world.anew()
            with environment({"CLAUDE_BATCH_MIN": batch_min}):
                claude_world.reload()
                reported = [claude_world.run(*run) for run in runs]
                if batch_min == "1":
                    assert sum(t["calls"] for t in reported) == 0
                    assert all(t["pairs_in_batches"] >= t["requests_in_batches"] > 0 for t in reported)
                    claude.end_batches()
                    assert claude_world.run_sensor() == 1
            assert claude_world.count("claude_status IN ('waiting', 'pending')") == 0
            found.append(claude_world.rows())
    assert found[0] == found[1] == found[2] == found[3]
    assert claude_world.count(_DONE) > 20


def test_no_answer_is_paid_twice(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude_world.run_for("ada")
    calls, pairs = len(claude.requests), claude_world.count(_DONE)
    assert claude_world.run_for("ada")["calls"] == 0
    # Not even if the answers were lost before they were written to the pairs.
    claude_world.anew(ledger=False)
    reported = claude_world.run_for("ada")
    assert (reported["calls"], reported["answers_from_ledger"]) == (0, pairs)
    assert len(claude.requests) == calls


def test_a_cosmetic_change_of_an_ad_costs_nothing(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude_world.enrich()
    calls, done = len(claude.requests), claude_world.count(_DONE)
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET description = description || ' ', record_hash = 'other'")
        connection.exec_driver_sql("UPDATE user_job_matches SET record_hash = 'other'")
    claude_world.anew(ledger=False)
    assert claude_world.enrich().from_ledger == done
    assert len(claude.requests) == calls


def test_a_cluster_shares_a_request_but_not_the_band(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The vendor read the fields of the second ad a little differently, and it has fewer skills."""
    claude_world.run_for("ada")
    before = claude_world.questions
    claude_world.anew()
    with claude_world.database.begin() as connection:
        first, second = connection.exec_driver_sql(
            "SELECT job_id FROM user_job_matches JOIN jobs ON jobs.id = job_id "
            "WHERE user_id = 1 AND cluster_id IS NULL ORDER BY job_id LIMIT 2"
        ).scalars()
        connection.exec_driver_sql(
            "INSERT INTO job_clusters (cluster_key) SELECT external_id FROM jobs WHERE id = %s", (first,)
        )
        connection.exec_driver_sql(
            "UPDATE jobs SET cluster_id = (SELECT max(id) FROM job_clusters) WHERE id IN (%s, %s)", (first, second)
        )
        connection.exec_driver_sql(
            "UPDATE jobs SET ai_key_skills = '{Nursing}', record_hash = 'other' WHERE id = %s", (second,)
        )
    reported = claude_world.run_for("ada")
    assert reported["calls"] == before - 1
    query = "SELECT {} FROM user_job_matches WHERE user_id = 1 AND job_id = :id"
    hashes = {claude_world.scalar(query.format("claude_request_hash"), id=job) for job in (first, second)}
    assert len(hashes) == 1
    # It asks for one skill, which the profile has.
    assert claude_world.scalar(query.format("claude_band_low"), id=second) == 85


def test_the_request_has_the_facts_that_were_matched(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The stored facts, the user's preferences instead of the profile's, and the verdicts on preferences."""
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO user_preferences (user_id, work_arrangements) VALUES (1, '{Remote Solely}')"
        )
        connection.exec_driver_sql(
            "UPDATE job_facts SET skills = '{Nursing,Falconry}', experience_level = '10+', "
            "derived = '{experience_level}'"
        )
        connection.exec_driver_sql("UPDATE cv_profiles SET experience_level = '0-2' WHERE user_id = 1")
        connection.exec_driver_sql(
            """UPDATE user_job_matches SET filters = '{"salary": "fits", "visa": "fits", "location": "fits"}'"""
        )
    claude_world.enrich(["ada"])
    for sent in map(data_of, claude.requests):
        analysis = sent["match_analysis"]
        assert sent["profile"]["work_arrangements"] == ["Remote Solely"]
        assert sent["posting"]["skills"] == ["Nursing", "Falconry"]
        assert analysis["missing_skills"] == ["Falconry"]
        assert analysis["read_from_ad"] == ["experience_level"]
        assert (sent["posting"]["experience_level"], sent["profile"]["experience_level"]) == ("10+", "0-2")
        assert analysis["fit"]["experience"] == 20
        # Places and visas are not sent.
        assert analysis["filters"] == {"salary": "passed"}
    assert claude_world.count("user_id = 1 AND claude_status = 'done' AND claude_band_low <> 60") == 0


def test_request_has_the_similar_skills_of_the_score(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE job_facts SET skills = '{Zither}', derived = NULL")
        connection.exec_driver_sql("UPDATE cv_profiles SET skills = '{Nursing}'")
        connection.execute(
            text(
                "INSERT INTO skill_neighbours (model, version, skill, neighbours) "
                "SELECT DISTINCT embedding_model, :version, 'zither', CAST('{Nursing}' AS text[]) FROM user_job_matches"
            ),
            {"version": similar_skills_version()},
        )
    for similar_skills, related, missing in ((True, ["Zither ~ Nursing"], []), (False, [], ["Zither"])):
        claude.requests.clear()
        claude_world.anew()
        claude_world.enrich(["ada"], MatchingResource(similar_skills=similar_skills))
        analyses = [data_of(request)["match_analysis"] for request in claude.requests]
        assert analyses
        assert all((found["related_skills"], found["missing_skills"]) == (related, missing) for found in analyses)


def test_band_follows_the_weights_of_the_score(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE job_facts SET skills = NULL, experience_level = '2-5', industries = '{Sales}', "
            "work_arrangement = NULL, derived = NULL"
        )
        connection.exec_driver_sql("UPDATE cv_profiles SET experience_level = '2-5', industries = '{Healthcare}'")
    # Of experience 100 and industry 30: (25 x 100 + 15 x 30) / 40, and the industry alone.
    for matching, band in ((MatchingResource(), "75–84"), (MatchingResource(experience=0), "45–59")):
        claude.requests.clear()
        claude_world.anew()
        claude_world.enrich(["ada"], matching)
        assert {data_of(request)["match_analysis"]["start_band"] for request in claude.requests} == {band}
    # The user's own weights count before those of the deployment.
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO user_preferences (user_id, experience_weight) SELECT id, 0 FROM users WHERE user_key = 'ada'"
        )
    claude.requests.clear()
    claude_world.anew()
    claude_world.enrich(["ada"], MatchingResource())
    assert {data_of(request)["match_analysis"]["start_band"] for request in claude.requests} == {"45–59"}


def test_no_request_contains_personal_data(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.count("user_id = (SELECT id FROM users WHERE user_key = 'u-1')")
    for batch_min in (100, 1):
        claude_world.anew()
        claude_world.enrich(["u-1"], batch_min=batch_min)
    assert len(claude.sent) >= 2 * pairs > 0
    sent = json.dumps(claude.sent, ensure_ascii=False).casefold()
    assert "patient care" in sent
    assert [planted for planted in PLANTED if planted.casefold() in sent] == []


def test_generic_reasons_are_asked_once_more_and_marked(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    generic = {"match_reasoning": "You are a very good fit and should apply."}
    claude.answer = lambda request: {**grounded(request), **generic}
    report = claude_world.enrich()
    assert (report.calls, report.done, report.generic) == (claude_world.questions, pairs, pairs)
    again = [r for r in claude.requests if len(r["messages"][0]["content"]) == 3]
    assert 2 * len(again) == claude_world.questions
    assert "named no skill or fact" in again[0]["messages"][0]["content"][2]["text"]
    claude_world.anew()
    claude.answer = lambda request: {
        **grounded(request), **({} if len(request["messages"][0]["content"]) == 3 else generic)
    }  # fmt: skip
    report = claude_world.enrich()
    assert (report.done, report.generic) == (pairs, 0)


def test_items_without_a_quote_are_dropped_and_counted(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {
        **grounded(request),
        "potential_gaps": [{"point": "No licence", "quote": "a licence that nobody asks for"}, "no item at all"],
    }
    report = claude_world.enrich()
    assert report.items_dropped == 2 * report.done > 0
    assert claude_world.scalar("SELECT sum(claude_items_dropped) FROM user_job_matches") == report.items_dropped
    assert claude_world.scalar("SELECT count(*) FROM user_job_matches WHERE potential_gaps <> '[]'") == 0


@pytest.mark.parametrize("raw", [0, 100])
def test_a_score_far_from_its_band_is_clamped(claude_world: ClaudeWorld, claude: ClaudeStandIn, raw: int) -> None:
    claude.answer = lambda request: {**grounded(request), "claude_score": raw}
    report = claude_world.enrich()
    wrong = """
        SELECT count(*) FROM user_job_matches
        WHERE claude_status = 'done'
          AND (claude_raw_score <> :raw
               OR claude_score <> CASE :raw WHEN 100 THEN least(100, claude_band_high + 10)
                                   ELSE claude_band_low - 10 END
               OR claude_deviation <> :raw - CASE WHEN :raw = 100 THEN claude_band_high ELSE claude_band_low END
               OR priority <> CASE WHEN claude_score >= 85 THEN 'high'
                                WHEN claude_score >= 70 THEN 'medium' ELSE 'low' END)
    """
    assert claude_world.scalar(wrong, raw=raw) == 0
    assert report.clamped > 0


def test_a_users_first_call_is_alone_and_calls_are_limited(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.latency_s = 0.03
    claude_world.enrich(concurrency=3)
    people = [json.dumps(data_of(request)["profile"]) for request in claude.requests]
    assert len(set(people[:3])) == len(set(people)) == 3
    assert 1 < claude.most_at_once <= 3


def test_a_few_pairs_can_be_tried_as_the_readme_says(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The two best pairs of each of three users, in the run of an hour."""
    with environment({"CLAUDE_MAX_PAIRS": "6"}):
        claude_world.reload()
        assert default_resources()["claude"].max_pairs_per_run == 6
        reported = claude_world.run("hourly_collection", "claude_matches", hour_name(HOUR))
    assert reported["pairs_done"] == 6
    for user_key in ("ada", "ben", "u-1"):
        user = "user_id = (SELECT id FROM users WHERE user_key = :key)"
        assert claude_world.count(f"claude_status = 'done' AND {user}", key=user_key) == 2

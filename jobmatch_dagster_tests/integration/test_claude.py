"""Claude's stage against a local stand-in: both slices, both ways, money, every kind of failure."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.defs.enrichment.report import EnrichReport
from jobmatch_dagster.defs.enrichment.stage import enrich_pairs
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.runs import RunFailedError, run_job
from jobmatch_dagster.runtime import environment
from jobmatch_dagster_tests.claude_stand_in import KEY, ClaudeStandIn, data_of, grounded
from jobmatch_dagster_tests.world import ENGINEER_CV, HOUR, NURSE_CV, World

_DONE = "SELECT count(*) FROM user_job_matches WHERE claude_status = 'done' AND claude_score BETWEEN 0 AND 100"
_RESET = """
    UPDATE user_job_matches SET claude_status = 'waiting', claude_reason = NULL, claude_request_hash = NULL,
        claude_score = NULL, claude_raw_score = NULL, claude_band_low = NULL, claude_band_high = NULL,
        claude_deviation = NULL, claude_items_dropped = NULL, claude_is_generic = NULL, posting_signs = NULL,
        key_alignments = NULL, potential_gaps = NULL, prompt_version = NULL, claude_model = NULL
    WHERE claude_status IS NOT NULL
"""


@pytest.fixture
def claude(world: World) -> Iterator[ClaudeStandIn]:
    """A matched user whose pairs wait, and a stand-in with a key for it."""
    world.collect(HOUR - timedelta(hours=1))
    world.take_in("ada", NURSE_CV)
    assert _waiting(world) > 1
    with ClaudeStandIn() as stand_in, environment({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": stand_in.url}):
        world.reload()
        yield stand_in


def _waiting(world: World) -> int:
    return int(world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = 'waiting'"))


def _run(world: World, job: str, asset: str, partition: str, tags: dict[str, str] | None = None) -> dict[str, Any]:
    key = dg.AssetKey(["enrichment", asset])
    result = run_job(world.defs, world.instance, job, partition_key=partition, asset_selection=[key], tags=tags)
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def _ask(world: World) -> dict[str, Any]:
    return _run(world, "rematch_user", "user_claude_matches", "ada")


def _enrich(world: World, **settings: Any) -> EnrichReport:
    """The stage alone, with a resource of the test's own."""
    claude = ClaudeResource(api_key=KEY, **{"retry_wait_s": 0.0, "lost_batch_wait_s": 0.0, **settings})
    return enrich_pairs(world.database, claude, "test-run")


def _anew(world: World) -> None:
    """All pairs wait and nothing is held."""
    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM claude_requests")
        connection.exec_driver_sql(_RESET)


def test_without_a_key_nothing_is_called_and_the_pairs_wait(world: World) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    told = _ask(world)
    assert told["calls"] == 0
    assert told["pairs_waiting"] == _waiting(world) > 0
    assert "ANTHROPIC_API_KEY is not set" in told["note"]


def test_every_waiting_pair_gets_a_score_with_reasons(world: World, claude: ClaudeStandIn) -> None:
    pairs = _waiting(world)
    told = _ask(world)
    assert (told["calls"], told["pairs_done"], told["pairs_waiting"]) == (pairs, pairs, 0)
    assert told["cost_usd"] > 0
    assert told["usd_per_1000_pairs"] == pytest.approx(1000 * told["cost_usd"] / pairs)
    assert told["estimated_usd_at_most"] > told["cost_usd"]
    assert world.scalar(_DONE) == pairs
    assert world.scalar("SELECT sum(cost_usd) FROM claude_requests") == pytest.approx(told["cost_usd"])
    read_by_sql = world.scalar("SELECT sum((usage->>'cache_read_input_tokens')::int) FROM claude_requests")
    # The first call fills the cache, the others read from it.
    assert read_by_sql == told["cache_read_tokens"] > 0
    assert len(claude.counted) == 1


def test_both_slices_and_both_ways_make_the_same_rows(world: World, claude: ClaudeStandIn) -> None:
    world.take_in("ben", ENGINEER_CV)
    claude.forget()
    found = []
    for asset, job, partition in (
        ("claude_matches", "hourly_collection", HOUR.strftime("%Y-%m-%d-%H:%M")),
        ("user_claude_matches", "rematch_user", "ada"),
    ):
        for batch_min in ("100", "1"):
            _anew(world)
            with environment({"CLAUDE_BATCH_MIN": batch_min}):
                world.reload()
                told = _run(world, job, asset, partition)
                if job == "rematch_user":
                    _run(world, job, asset, "ben")
                if batch_min == "1":
                    assert (told["calls"], told["batches_submitted"]) == (0, 1)
                    assert told["pairs_in_batches"] == told["requests_in_batches"] > 0
                    claude.end_batches()
                    assert world.run_sensor("claude_batch_sensor") == 1
            assert _waiting(world) == 0
            found.append(world.rows("user_job_matches"))
    assert found[0] == found[1] == found[2] == found[3]
    assert any("'done'" in row for row in found[0]["user_job_matches"])


def test_no_answer_is_paid_twice(world: World, claude: ClaudeStandIn) -> None:
    _ask(world)
    calls = len(claude.requests)
    assert _ask(world)["calls"] == 0
    # Even when the answers were lost on their way into the table.
    with world.database.begin() as connection:
        connection.exec_driver_sql(_RESET)
    told = _ask(world)
    assert (told["calls"], told["answers_from_ledger"]) == (0, calls)
    assert len(claude.requests) == calls


def test_a_changed_ad_that_says_the_same_costs_nothing(world: World, claude: ClaudeStandIn) -> None:
    _ask(world)
    calls = len(claude.requests)
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs SET description = description || ' ', record_hash = 'other'")
    run_job(world.defs, world.instance, "rematch_user", partition_key="ada")
    assert len(claude.requests) == calls
    assert world.scalar(_DONE) > 0


def test_postings_of_a_cluster_are_one_request_and_each_pair_keeps_its_own_band(
    world: World, claude: ClaudeStandIn
) -> None:
    """The second ad's fields were read a little differently by the vendor, and it lost some skills."""
    with world.database.begin() as connection:
        first, second = connection.exec_driver_sql(
            "SELECT job_id FROM user_job_matches WHERE claude_status = 'waiting' ORDER BY job_id LIMIT 2"
        ).scalars()
        connection.exec_driver_sql(
            "INSERT INTO job_clusters (cluster_key) SELECT external_id FROM jobs WHERE id = %s", (first,)
        )
        connection.exec_driver_sql(
            "UPDATE jobs SET cluster_id = (SELECT max(id) FROM job_clusters) WHERE id IN (%s, %s)", (first, second)
        )
        connection.exec_driver_sql("UPDATE jobs SET ai_key_skills = '{Nursing}' WHERE id = %s", (second,))
    pairs = _waiting(world)
    told = _ask(world)
    assert (told["calls"], told["pairs_done"]) == (pairs - 1, pairs)
    query = "SELECT {} FROM user_job_matches WHERE job_id = :id"
    hashes = {world.scalar(query.format("claude_request_hash"), id=job) for job in (first, second)}
    assert len(hashes) == 1
    # All of the one skill that it asks for is there.
    assert world.scalar(query.format("claude_band_low"), id=second) == 85


def test_planted_personal_data_is_in_no_request(world: World, claude: ClaudeStandIn) -> None:
    cv = """
Lebenslauf
Maximiliane Quastenhuber
Anschrift: Drosselbartweg 17, 80331 München
Telefon: +49 176 55512345, E-Mail: m.quastenhuber@postfach.example
Geboren am 04.05.1988 in Timbuktu, Staatsangehörigkeit: malisch, verheiratet, 2 Kinder
Berufserfahrung
03/2018 - heute Gesundheits- und Krankenpflegerin, Klinikum Lindenhof
Maximiliane Quastenhuber leitet die Station und ist erreichbar unter 0176 55512345.
Ausbildung
2009 - 2012 Florence-Nightingale-Schule Kaiserswerth, Examen
Kenntnisse: Nursing, Patient Care, Wound Care, Quastenhuber, Drosselbartweg 17, Florence-Nightingale-Schule
Skills: Hygiene, Teamwork, Maximiliane, 04.05.1988, +49 176 55512345
"""
    world.take_in("maxi", cv)
    claude.forget()
    for batch_min in (100, 1):
        _anew(world)
        _enrich(world, batch_min=batch_min)
    sent = json.dumps(claude.sent, ensure_ascii=False)
    assert len(claude.sent) > 10
    assert "Patient Care" in sent
    for planted in (
        "Maximiliane", "Quastenhuber", "Drosselbart", "80331", "55512345", "postfach", "04.05", "1988", "Timbuktu",
        "malisch", "verheiratet", "Nightingale", "Kaiserswerth", "Lindenhof", "maxi",
    ):  # fmt: skip
        assert planted.casefold() not in sent.casefold()


@pytest.mark.parametrize("fault", [(529, {}), (500, {}), (429, {"retry-after": "0"}), (408, {}), (503, {})])
def test_a_passing_fault_is_asked_again(world: World, claude: ClaudeStandIn, fault: Any) -> None:
    pairs = _waiting(world)
    claude.faults = [fault, fault]
    report = _enrich(world)
    assert (report.done, len(claude.requests)) == (pairs, pairs + 2)


@pytest.mark.parametrize("fault", ["timeout", "drop", "html", "broken", (400, {})])
def test_one_call_without_an_answer_leaves_a_reason_and_costs_no_other_pair(
    world: World, claude: ClaudeStandIn, fault: Any
) -> None:
    pairs = _waiting(world)
    claude.faults = [fault]
    report = _enrich(world, timeout_s=1.0, concurrency=1)
    assert (report.done, len(claude.requests)) == (pairs - 1, pairs)
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_score = 0") == 0
    left = "SELECT claude_status || ': ' || claude_reason FROM user_job_matches WHERE claude_status <> 'done'"
    told = world.scalar(left)
    if fault == (400, {}):
        assert told == "failed: the API refuses this request (HTTP 400, invalid_request_error)"
    else:
        assert told.startswith("waiting: Claude's answer")
        # The lost call may have been billed, so that it counts against the budget.
        assert world.scalar("SELECT sum(lost_usd) FROM claude_requests") > 0
        assert _enrich(world).done == 1


def test_a_host_that_does_not_answer_leaves_the_pairs_waiting(world: World, claude: ClaudeStandIn) -> None:
    pairs = _waiting(world)
    with environment({"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}):
        report = _enrich(world)
    assert (report.done, report.waiting) == (0, pairs)
    assert "did not answer" in report.note
    assert world.scalar("SELECT sum(lost_usd) + sum(reserved_usd) FROM claude_requests") == 0
    assert _enrich(world).done == pairs


def test_an_outage_ends_the_asking_after_a_few_failures(world: World, claude: ClaudeStandIn) -> None:
    pairs = _waiting(world)
    claude.faults = [(529, {})] * 500
    report = _enrich(world, concurrency=1)
    assert (report.done, report.waiting) == (0, pairs)
    # Three requests, four attempts each.
    assert len(claude.requests) == min(pairs, 3) * 4
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_reason LIKE '%HTTP 529%'") == min(pairs, 3)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_refused_key_ends_the_run_after_one_call(world: World, claude: ClaudeStandIn, status: int) -> None:
    claude.faults = [(status, {})] * 50
    with pytest.raises(RunFailedError, match="check ANTHROPIC_API_KEY") as caught:
        _ask(world)
    assert len(claude.requests) == 1
    assert KEY not in str(caught.value)
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_score IS NOT NULL") == 0


def test_a_wrong_key_is_told_before_any_pair_is_asked_about(world: World, claude: ClaudeStandIn) -> None:
    with environment({"ANTHROPIC_API_KEY": "sk-wrong"}):
        world.reload()
        with pytest.raises(RunFailedError, match="HTTP 401"):
            _ask(world)
    assert claude.requests == []


def test_a_model_without_a_price_is_not_asked(world: World, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_MODEL": "claude-of-tomorrow"}):
        world.reload()
        with pytest.raises(RunFailedError, match="CLAUDE_PRICES"):
            _ask(world)
    assert claude.sent == []


def test_a_budget_of_nothing_makes_no_call(world: World, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_BUDGET_USD_PER_DAY": "0"}):
        world.reload()
        told = _ask(world)
    assert claude.sent == []
    assert (told["calls"], told["cost_usd"]) == (0, 0)
    assert "budget is 0" in told["note"]
    assert told["pairs_waiting"] == _waiting(world) > 0
    # Matches, their scores and reasons stand on their own.
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE match_score IS NULL") == 0


@pytest.mark.parametrize("batch_min", [100, 1])
@pytest.mark.parametrize("which", ["budget_usd_per_day", "budget_usd_per_run"])
def test_a_budget_is_not_passed(world: World, claude: ClaudeStandIn, which: str, batch_min: int) -> None:
    pairs = _waiting(world)
    claude.latency_s = 0.02
    spent = "SELECT sum(coalesce(cost_usd, reserved_usd)) FROM claude_requests"
    price = float(_enrich(world, max_pairs_per_run=1, batch_min=batch_min).estimated_usd_at_most)
    _anew(world)
    budget = 3.5 * price
    report = _enrich(world, batch_min=batch_min, concurrency=8, **{which: budget})
    made = report.calls + report.requests_in_batches
    # Real costs are below what is reserved: more than the three that a reservation each would allow may go.
    assert 3 <= made < pairs
    assert float(world.scalar(spent)) <= budget
    assert "budget" in report.note
    assert report.waiting > 0


@pytest.mark.parametrize(
    ("stop_reason", "answer", "status", "calls"),
    [
        ("refusal", "", "refused", 1),
        ("max_tokens", '{"claude_score": 9', "failed", 2),
        ("end_turn", "not json", "failed", 2),
        ("end_turn", "[" * 100_000, "failed", 2),
        ("end_turn", {"claude_score": 140, "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2),
        ("end_turn", {"claude_score": -1, "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2),
        ("end_turn", {"claude_score": "90", "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2),
        ("end_turn", {"claude_score": 90, "match_reasoning": "x", "potential_gaps": [],
                      "key_alignments": [{"point": "a", "quote": "stands nowhere"}]}, "ungrounded", 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("batch_min", [100, 1])
def test_a_failure_is_a_status_and_never_a_score(
    world: World, claude: ClaudeStandIn, stop_reason: str, answer: Any, status: str, calls: int, batch_min: int
) -> None:
    claude.stop_reason, claude.answer, claude.polls = stop_reason, lambda _: answer, 0
    for _ in range(4):
        report = _enrich(world, batch_min=batch_min, max_pairs_per_run=3)
    pairs = world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = :s", s=status)
    assert pairs >= 3
    nothing = "SELECT count(*) FROM user_job_matches WHERE coalesce(claude_score, claude_raw_score) IS NOT NULL"
    assert world.scalar(nothing) == 0
    reasons = "SELECT count(*) FROM user_job_matches WHERE claude_status = :s AND claude_reason <> ''"
    assert world.scalar(reasons, s=status) == pairs
    # Asked once more where that may help, and then never again.
    assert set(claude.paid.values()) == {1}
    asked = world.scalar("SELECT max(attempt) FROM claude_requests")
    assert asked == calls
    assert report.cost_usd >= 0


def test_generic_reasons_are_asked_about_once_more_and_marked(world: World, claude: ClaudeStandIn) -> None:
    pairs = _waiting(world)
    generic = {"match_reasoning": "You are a very good fit and should apply."}
    claude.answer = lambda request: {**grounded(request), **generic}
    report = _enrich(world)
    assert (report.calls, report.done, report.generic) == (2 * pairs, pairs, pairs)
    again = [r for r in claude.requests if len(r["messages"][0]["content"]) == 3]
    assert len(again) == pairs
    assert "named no skill or fact" in again[0]["messages"][0]["content"][2]["text"]
    _anew(world)
    claude.answer = lambda request: {
        **grounded(request), **({} if len(request["messages"][0]["content"]) == 3 else generic)
    }  # fmt: skip
    report = _enrich(world)
    assert (report.done, report.generic) == (pairs, 0)


def test_items_without_a_quote_are_dropped_and_counted(world: World, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {
        **grounded(request),
        "potential_gaps": [{"point": "No licence", "quote": "a licence that nobody asks for"}, "no item at all"],
    }
    report = _enrich(world)
    assert report.items_dropped == 2 * report.done > 0
    assert world.scalar("SELECT sum(claude_items_dropped) FROM user_job_matches") == report.items_dropped
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE potential_gaps <> '[]'") == 0


@pytest.mark.parametrize("raw", [0, 100])
def test_a_score_far_from_its_band_is_held_near_it(world: World, claude: ClaudeStandIn, raw: int) -> None:
    claude.answer = lambda request: {**grounded(request), "claude_score": raw}
    report = _enrich(world)
    wrong = """
        SELECT count(*) FROM user_job_matches
        WHERE claude_status = 'done'
          AND (claude_raw_score <> :raw
               OR claude_score <> CASE :raw WHEN 100 THEN least(100, claude_band_high + 10) ELSE claude_band_low - 10 END
               OR claude_deviation <> :raw - CASE WHEN :raw = 100 THEN claude_band_high ELSE claude_band_low END
               OR priority <> CASE WHEN claude_score >= 85 THEN 'high'
                                WHEN claude_score >= 70 THEN 'medium' ELSE 'low' END)
    """
    assert world.scalar(wrong, raw=raw) == 0
    assert report.held_to_band > 0


def test_one_warm_call_of_a_user_comes_first_and_calls_are_bounded(world: World, claude: ClaudeStandIn) -> None:
    world.take_in("ben", ENGINEER_CV)
    _anew(world)
    claude.forget()
    claude.latency_s = 0.03
    _enrich(world, concurrency=3)
    people = [json.dumps(data_of(request)["profile"]) for request in claude.requests]
    assert people[0] != people[1]
    assert len(people) > 4
    assert 1 < claude.most_at_once <= 3


def test_ten_pairs_can_be_tried(world: World, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_MAX_PAIRS": "2"}):
        world.reload()
        claude_resource = default_resources()["claude"]
        assert claude_resource.max_pairs_per_run == 2
        told = _ask(world)
    assert (told["calls"], told["pairs_done"]) == (2, 2)

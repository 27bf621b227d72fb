"""Failures of Claude and their cost: a failure never becomes a score, and no budget is exceeded."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from jobmatch_dagster.cli.runs import RunFailedError
from jobmatch_dagster.db.enrichment.pairs import WaitingPair
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.enrichment import ask
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.pair_requests import PreparedPair, prepare_pairs
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn, data_of
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld


@pytest.mark.parametrize("fault", [(529, {}), (500, {}), (429, {"retry-after": "0"}), (408, {}), (503, {})])
def test_a_passing_failure_is_retried(claude_world: ClaudeWorld, claude: ClaudeStandIn, fault: Any) -> None:
    pairs = claude_world.waiting
    claude.faults = [fault, fault]
    report = claude_world.enrich()
    assert (report.done, len(claude.requests)) == (pairs, claude_world.questions + 2)


@pytest.mark.parametrize("fault", ["timeout", "drop", "html", "broken", (400, {})])
def test_a_call_without_an_answer_affects_one_pair(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, fault: Any
) -> None:
    pairs = claude_world.waiting
    claude.faults = [fault]
    report = claude_world.enrich(timeout_s=1.0, concurrency=1)
    assert (report.done, len(claude.requests)) == (pairs - 1, claude_world.questions)
    assert claude_world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_score = 0") == 0
    left = "SELECT claude_status || ': ' || claude_reason FROM user_job_matches WHERE claude_status <> 'done'"
    shown = claude_world.scalar(left)
    if fault == (400, {}):
        assert shown == "failed: the API refuses this request (HTTP 400, invalid_request_error)"
    else:
        assert shown.startswith("waiting: Claude's answer")
        # The lost call may have been billed, therefore it counts towards the budget.
        assert claude_world.scalar("SELECT sum(lost_usd) FROM claude_requests") > 0
        assert claude_world.enrich().done == 1


def test_pairs_wait_while_the_host_is_unreachable(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    with environment({"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}):
        report = claude_world.enrich()
    assert (report.done, report.waiting) == (0, pairs)
    assert "did not answer" in report.note
    assert claude_world.scalar("SELECT sum(lost_usd) + sum(reserved_usd) FROM claude_requests") == 0
    assert claude_world.enrich().done == pairs


def test_an_outage_stops_the_run_after_a_few_failures(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    claude.faults = [(529, {})] * 500
    report = claude_world.enrich(concurrency=1)
    assert (report.done, report.waiting) == (0, pairs)
    # Three requests, four attempts each.
    assert len(claude.requests) == 3 * 4
    assert claude_world.count("claude_reason LIKE '%HTTP 529%'") >= 3


def test_a_long_pause_ends_the_run_at_once(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    claude.faults = [(429, {"retry-after": "3600"})] * 500
    report = claude_world.enrich(concurrency=1)
    assert (report.done, report.waiting, len(claude.requests)) == (0, pairs, 1)
    assert "a pause of 3600 s (HTTP 429)" in report.note
    claude.faults = []
    assert claude_world.enrich().done == pairs


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_refused_key_ends_the_run_after_one_call(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, status: int
) -> None:
    claude.faults = [(status, {})] * 50
    with pytest.raises(RunFailedError, match="check ANTHROPIC_API_KEY") as caught:
        claude_world.run_for("ada")
    assert len(claude.requests) == 1
    assert KEY not in str(caught.value)
    assert claude_world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_score IS NOT NULL") == 0


def test_a_wrong_key_fails_before_any_pair_is_asked(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with environment({"ANTHROPIC_API_KEY": "sk-wrong"}):
        claude_world.reload()
        with pytest.raises(RunFailedError, match="HTTP 401"):
            claude_world.run_for("ada")
    assert claude.requests == []


def test_a_model_without_a_price_is_not_asked(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_MODEL": "claude-of-tomorrow"}):
        claude_world.reload()
        with pytest.raises(RunFailedError, match="CLAUDE_PRICES"):
            claude_world.run_for("ada")
    assert claude.sent == []


def test_a_budget_of_zero_makes_no_call(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_BUDGET_USD_PER_DAY": "0"}):
        claude_world.reload()
        metadata = claude_world.run_for("ada")
    assert claude.sent == []
    assert (metadata["calls"], metadata["cost_usd"]) == (0, 0)
    assert "budget is 0" in metadata["note"]
    assert metadata["pairs_waiting"] == claude_world.count("user_id = 1") > 0
    # Matches, their scores and reasons do not need Claude.
    assert claude_world.scalar("SELECT count(*) FROM user_job_matches WHERE match_score IS NULL") == 0


@pytest.mark.parametrize("batch_min", [100, 1])
@pytest.mark.parametrize("which", ["budget_usd_per_day", "budget_usd_per_run"])
def test_a_budget_is_not_exceeded(claude_world: ClaudeWorld, claude: ClaudeStandIn, which: str, batch_min: int) -> None:
    pairs = claude_world.waiting
    claude.latency_s = 0.02
    spent = "SELECT sum(coalesce(cost_usd, reserved_usd)) FROM claude_requests"
    price = float(claude_world.enrich(max_pairs_per_run=1, batch_min=batch_min).estimated_usd_at_most)
    claude_world.anew()
    budget = 3.5 * price
    report = claude_world.enrich(batch_min=batch_min, concurrency=8, **{which: budget})
    made = report.calls + report.requests_in_batches
    # Real costs are below the reservations, so that more requests may be made than the three reserved ones.
    assert 3 <= made < pairs
    assert float(claude_world.scalar(spent)) <= budget
    assert "budget" in report.note
    assert report.waiting > 0


@pytest.mark.parametrize("batch_min", [100, 1])
def test_one_user_cannot_use_up_the_money(claude_world: ClaudeWorld, claude: ClaudeStandIn, batch_min: int) -> None:
    """What a user may cost a day is kept; the rest of that user waits, and everybody else is asked."""
    users = claude_world.scalar("SELECT count(DISTINCT user_id) FROM user_job_matches WHERE claude_status = 'waiting'")
    price = float(claude_world.enrich(max_pairs_per_run=1, batch_min=batch_min).estimated_usd_at_most)
    claude_world.anew()
    budget = 1.5 * price
    report = claude_world.enrich(batch_min=batch_min, concurrency=8, budget_usd_per_user=budget)
    of_users = "SELECT user_id, sum(coalesce(cost_usd, reserved_usd)) AS usd FROM claude_requests GROUP BY user_id"
    assert claude_world.scalar(f"SELECT count(*) FROM ({of_users}) AS costs") == users
    assert float(claude_world.scalar(f"SELECT max(usd) FROM ({of_users}) AS costs")) <= budget
    assert report.metadata()["users_over_budget"] > 0
    assert "USD a user and day is used up" in report.note
    assert report.waiting > 0
    assert claude_world.count("claude_status = 'failed'") == 0


def test_a_user_over_budget_takes_nothing_from_the_run(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The run's budget is just enough for the others, and the user who may not spend comes first."""
    with claude_world.database.begin() as connection:
        waiting = "SELECT user_id FROM user_job_matches WHERE claude_status = 'waiting'"
        in_order = f"SELECT user_key FROM users WHERE id IN ({waiting}) ORDER BY id"
        first, *others = connection.exec_driver_sql(in_order).scalars()
    price = float(claude_world.enrich(max_pairs_per_run=1, batch_min=1).estimated_usd_at_most)
    claude_world.anew()
    limits: dict[str, Any] = {"budget_usd_per_user": 1.3 * price, "batch_min": 1}
    of_others = claude_world.enrich(others, **limits).estimated_usd_at_most
    claude_world.anew()
    claude_world.enrich([first], **limits)
    report = claude_world.enrich(**limits, budget_usd_per_run=1.0001 * float(of_others))
    assert report.estimated_usd_at_most == of_others > 0
    assert claude_world.scalar("SELECT count(DISTINCT user_id) FROM claude_requests") == 1 + len(others)


def test_a_users_budget_is_new_each_day(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    price = float(claude_world.enrich(max_pairs_per_run=1).estimated_usd_at_most)
    claude_world.anew()
    done = claude_world.enrich(budget_usd_per_user=1.5 * price).done
    assert claude_world.enrich(budget_usd_per_user=price / 100).done == 0
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE claude_requests SET answered_at = answered_at - interval '1 day', "
            "claimed_at = claimed_at - interval '1 day'"
        )
    assert done > 0
    assert claude_world.enrich(budget_usd_per_user=1.5 * price).done > 0


# A direct call's real cost, a fraction of what is reserved, frees the rest for the next one.
@pytest.mark.parametrize(("batch_min", "prices"), [(100, 2.0), (1, 7.5)])
def test_a_small_budget_goes_to_every_users_best_pairs(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, batch_min: int, prices: float
) -> None:
    with claude_world.database.begin() as connection:
        # The order of the list differs from that of the score, and each pair has a request of its own.
        connection.exec_driver_sql("UPDATE user_job_matches SET match_score = 100 - round(exact_score)")
        connection.exec_driver_sql("UPDATE jobs SET cluster_id = NULL, title = title || ' ' || id")
    price = float(claude_world.enrich(max_pairs_per_run=1, batch_min=batch_min).estimated_usd_at_most)
    claude_world.anew()
    claude_world.enrich(batch_min=batch_min, concurrency=1, budget_usd_per_run=prices * price)
    asked = claude_world.count("claude_status <> 'waiting'")
    assert 6 <= asked < claude_world.count("true")
    best = f"""
        SELECT count(*) FROM (
            SELECT claude_status, row_number() OVER (ORDER BY place, user_id) AS turn FROM (
                SELECT claude_status, user_id,
                       row_number() OVER (
                           PARTITION BY user_id ORDER BY exact_score DESC, job_id
                       ) AS place
                FROM user_job_matches
            ) AS placed
        ) AS ordered
        WHERE turn <= {asked} AND claude_status <> 'waiting'
    """
    assert claude_world.scalar(best) == asked


@pytest.mark.parametrize("batch_min", [100, 1])
@pytest.mark.parametrize("user_keys", [None, ["ada"]])
def test_a_users_best_pair_is_asked_about_first(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, batch_min: int, user_keys: list[str] | None
) -> None:
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET match_score = 100 - round(exact_score)")
        connection.exec_driver_sql("UPDATE jobs SET cluster_id = NULL, title = 'Job ' || id")
    claude_world.enrich(user_keys, batch_min=batch_min, concurrency=1)
    made = claude.requests or [item["params"] for batch in claude.batches for item in batch.requests]
    asked: dict[str, list[int]] = {}
    for request in made:
        job_id = int(data_of(request)["posting"]["title"].removeprefix("Job "))
        asked.setdefault(json.dumps(data_of(request)["profile"]), []).append(job_id)
    with claude_world.database.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT user_id, job_id FROM user_job_matches WHERE claude_status IS NOT NULL "
            "ORDER BY exact_score DESC, job_id"
        ).all()
    best_first: dict[int, list[int]] = {}
    for user_id, job_id in rows:
        best_first.setdefault(user_id, []).append(job_id)
    assert len(asked) == (1 if user_keys else len(best_first)) > 0
    assert all(order in best_first.values() for order in asked.values())


def test_a_spent_budget_leaves_only_asked_pairs_to_check(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = []

    def load(run: ClaudeRun, pairs: Sequence[WaitingPair]) -> list[PreparedPair]:
        prepared.extend(pairs)
        return prepare_pairs(run, pairs)

    monkeypatch.setattr(ask, "prepare_pairs", load)
    asked = claude_world.count("user_id = 2")
    claude_world.enrich(["ben"], batch_min=1)
    claude.end_batches()
    prepared.clear()
    report = claude_world.enrich(batch_min=100, batch_max_requests=1, budget_usd_per_run=1e-6)
    assert "budget" in report.note
    assert claude_world.count("user_id = 2 AND claude_status = 'done'") == asked
    assert len(prepared) <= asked + 1


def test_rejected_pairs_are_not_asked(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET status = 'rejected', decided_at = now()")
        connection.exec_driver_sql("UPDATE user_job_matches SET status = 'saved' WHERE user_id = 2")
    report = claude_world.enrich()
    assert (report.done, report.waiting) == (claude_world.count("user_id = 2"), 0)


def test_an_erasure_during_a_call_affects_one_user(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The first answer comes after its user was erased: nothing of the user is written, and the others go on."""
    others = claude_world.count("user_id <> 1")
    answer = claude.answer

    def erasing(request: dict[str, Any]) -> Any:
        with claude_world.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM users WHERE id = 1")
        return answer(request)

    claude.answer = erasing
    report = claude_world.enrich(concurrency=1)
    assert (report.done, report.waiting) == (others, 0)
    assert claude_world.scalar("SELECT count(*) FROM claude_requests WHERE user_id = 1") == 0


@pytest.mark.parametrize(
    ("stop_reason", "answer", "status", "calls", "batch_min"),
    [
        ("refusal", "", "refused", 1, 1),
        ("max_tokens", '{"claude_score": 9', "failed", 2, 1),
        ("end_turn", "not json", "failed", 2, 100),
        ("end_turn", "[" * 100_000, "failed", 2, 100),
        ("end_turn", {"claude_score": 140, "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2, 100),
        ("end_turn", {"claude_score": -1, "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2, 100),
        ("end_turn", {"claude_score": "90", "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
         "failed", 2, 100),
        ("end_turn", {"claude_score": 90, "match_reasoning": "x", "potential_gaps": [],
                      "key_alignments": [{"point": "a", "quote": "occurs nowhere"}]}, "ungrounded", 2, 1),
    ],
)  # fmt: skip
def test_a_failure_is_a_status_and_never_a_score(
    claude_world: ClaudeWorld,
    claude: ClaudeStandIn,
    stop_reason: str,
    answer: Any,
    status: str,
    calls: int,
    batch_min: int,
) -> None:
    claude.stop_reason, claude.answer, claude.polls = stop_reason, lambda _: answer, 0
    for _ in range(4):
        report = claude_world.enrich(batch_min=batch_min, max_pairs_per_run=3)
    pairs = claude_world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = :s", s=status)
    assert pairs >= 3
    nothing = "SELECT count(*) FROM user_job_matches WHERE coalesce(claude_score, claude_raw_score) IS NOT NULL"
    assert claude_world.scalar(nothing) == 0
    reasons = "SELECT count(*) FROM user_job_matches WHERE claude_status = :s AND claude_reason <> ''"
    assert claude_world.scalar(reasons, s=status) == pairs
    # Asked once more if that may help, and then never again.
    assert set(claude.paid.values()) == {1}
    asked = claude_world.scalar("SELECT max(attempt) FROM claude_requests")
    assert asked == calls
    assert report.cost_usd >= 0

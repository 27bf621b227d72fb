"""Claude's stage against a local stand-in: the ledger, the budget, every kind of answer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from jobmatch_dagster.runs import RunFailedError, run_job
from jobmatch_dagster.runtime import environment
from jobmatch_dagster_tests.claude_stand_in import ClaudeStandIn, grounded
from jobmatch_dagster_tests.world import HOUR, NURSE_CV, World


@pytest.fixture
def claude(world: World) -> Iterator[ClaudeStandIn]:
    """A matched user whose pairs wait, and a stand-in with a key for it."""
    world.collect(HOUR - timedelta(hours=1))
    world.take_in("ada", NURSE_CV)
    assert _waiting(world) > 1
    with ClaudeStandIn() as stand_in:
        variables = {"ANTHROPIC_API_KEY": "sk-secret-key", "ANTHROPIC_BASE_URL": stand_in.url}
        with environment(variables):
            world.reload()
            yield stand_in


def _waiting(world: World) -> int:
    return int(world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = 'waiting'"))


def _ask(world: World) -> dict[str, Any]:
    result = run_job(world.defs, world.instance, "rematch_user", partition_key="ada")
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == "user_claude_matches")
    return {name: value.value for name, value in event.materialization.metadata.items()}


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
    done = "SELECT count(*) FROM user_job_matches WHERE claude_status = 'done' AND claude_score BETWEEN 0 AND 100"
    assert world.scalar(done) == pairs
    assert world.scalar("SELECT count(*) FROM claude_requests WHERE usage->>'input_tokens' = '900'") == pairs


def test_the_request_holds_facts_and_no_person(world: World, claude: ClaudeStandIn) -> None:
    _ask(world)
    sent = str(claude.requests)
    assert "match_analysis" in sent
    assert "skill_match" in sent
    for secret in ("Ada", "Lindenhof", "Munich, Lindenhof"):
        assert secret not in sent


def test_no_answer_is_paid_twice(world: World, claude: ClaudeStandIn) -> None:
    _ask(world)
    calls = len(claude.requests)
    assert _ask(world)["calls"] == 0
    # Even when the answers were lost on their way into the table.
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET claude_status = 'waiting' WHERE claude_status = 'done'")
    told = _ask(world)
    assert (told["calls"], told["answers_from_ledger"]) == (0, calls)
    assert len(claude.requests) == calls


def test_a_passing_fault_is_asked_again_and_a_standing_one_leaves_the_pair_waiting(
    world: World, claude: ClaudeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    pairs = _waiting(world)
    claude.faults = [(529, {}), (500, {}), (429, {"retry-after": "1"})]
    assert _ask(world)["pairs_done"] == pairs
    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM claude_requests")
        connection.exec_driver_sql("UPDATE user_job_matches SET claude_status = 'waiting' WHERE claude_status = 'done'")
    claude.faults = [(500, {})] * 4
    told = _ask(world)
    assert (told["pairs_done"], told["pairs_waiting"]) == (pairs - 1, 1)
    assert "Claude did not answer" in told["note"]
    assert (
        world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = 'waiting' AND claude_score = 0") == 0
    )


def test_a_refused_key_ends_the_run_after_one_call(world: World, claude: ClaudeStandIn) -> None:
    claude.faults = [(401, {})] * 50
    with pytest.raises(RunFailedError, match="check ANTHROPIC_API_KEY") as caught:
        run_job(world.defs, world.instance, "rematch_user", partition_key="ada")
    assert len(claude.requests) == 1
    assert "sk-secret-key" not in str(caught.value)


def test_the_budget_ends_before_it_is_overspent(world: World, claude: ClaudeStandIn) -> None:
    with environment({"CLAUDE_BUDGET_USD_PER_DAY": "0.0000001"}):
        world.reload()
        told = _ask(world)
    assert told["calls"] == 0
    assert "budget" in told["note"]
    assert told["pairs_waiting"] == _waiting(world) > 0


@pytest.mark.parametrize(
    ("stop_reason", "answer", "status"),
    [
        ("refusal", "", "refused"),
        ("max_tokens", '{"claude_score": 9', "failed"),
        ("end_turn", "not json", "failed"),
        (
            "end_turn",
            {"claude_score": 140, "match_reasoning": "x", "key_alignments": [], "potential_gaps": []},
            "failed",
        ),
        (
            "end_turn",
            {
                "claude_score": 90,
                "match_reasoning": "x",
                "key_alignments": [{"point": "a", "quote": "stands nowhere"}],
                "potential_gaps": [],
            },
            "ungrounded",
        ),
    ],
)
def test_a_failure_is_a_status_and_never_a_score(
    world: World, claude: ClaudeStandIn, stop_reason: str, answer: Any, status: str
) -> None:
    claude.stop_reason, claude.answer = stop_reason, lambda _: answer
    pairs = _waiting(world)
    told = _ask(world)
    assert told["pairs_without_score"] == pairs
    of_status = "SELECT count(*) FROM user_job_matches WHERE claude_status = :s AND claude_score IS NULL"
    assert world.scalar(of_status, s=status) == pairs
    # Paid and kept: it is not asked again.
    assert _ask(world)["calls"] == 0


def test_a_score_far_from_its_band_is_held_near_it(world: World, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {**grounded(request), "claude_score": 100}
    _ask(world)
    highest = (
        "SELECT max(claude_score) FROM user_job_matches WHERE claude_status = 'done' "
        "AND cardinality(matching_skills) IS NULL"
    )
    # No skill of the posting is shown: the band is 30 to 44, and ten above it is the end.
    assert (world.scalar(highest) or 0) <= 54

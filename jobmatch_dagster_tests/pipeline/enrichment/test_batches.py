"""The life of message batches: results in any order, failed items, cut-off submissions, withdrawal."""

from contextlib import closing
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Connection, text

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.db.enrichment.ledger import spent_today_usd
from jobmatch_dagster.db.profiles.users import deactivate_user
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.enrichment.collect_batches import batches_to_collect
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.pipeline.enrichment.withdraw import withdraw_requests
from jobmatch_dagster.resources.claude_client import ClaudeClient
from jobmatch_dagster.resources.claude_errors import RequestRejectedError
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn, data_of, grounded
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld


def _batch(world: ClaudeWorld, user_keys: list[str] | None = None, **settings: Any) -> EnrichReport:
    return world.enrich(user_keys, batch_min=1, **settings)


def _tick(world: ClaudeWorld) -> dg.RunRequest | str:
    """The run that the sensor requests, or why it requests none."""
    resources = default_resources()
    given = {name: resources[name] for name in ("database", "claude")}
    with dg.build_sensor_context(instance=world.instance, resources=given) as context:
        result = world.defs.resolve_sensor_def("claude_batch_sensor")(context)
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result if isinstance(result, dg.RunRequest) else result.skip_message or ""


def test_results_in_any_order_reach_their_pairs(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {
        **grounded(request),
        "match_reasoning": f"{data_of(request)['posting']['title']}: {data_of(request)['posting']['skills'][0]}.",
    }
    pairs = claude_world.waiting
    _batch(claude_world)
    assert claude_world.count("claude_status = 'pending'") == pairs
    claude.end_batches()
    report = _batch(claude_world)
    assert (report.done, report.batches_collected, report.calls) == (pairs, 1, 0)
    wrong = """
        SELECT count(*) FROM user_job_matches AS m JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
        JOIN jobs ON jobs.id = r.job_id WHERE m.match_reasoning NOT LIKE left(jobs.title, 20) || '%'
    """
    assert claude_world.scalar(wrong) == 0


def test_a_batch_costs_half(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.polls = 0
    _batch(claude_world)
    report = _batch(claude_world)
    usage = {"input": 0.10, "output": 0.50, "write": 0.20, "read": 0.01}
    full = (
        report.input_tokens * usage["input"]
        + report.output_tokens * usage["output"]
        + report.cache_written_tokens * usage["write"]
        + report.cache_read_tokens * usage["read"]
    ) / 1e6
    assert float(report.cost_usd) == pytest.approx(full / 2)
    assert all(r["params"]["system"][0]["cache_control"]["ttl"] == "1h" for r in claude.batches[0].requests)


@pytest.mark.parametrize("outcome", ["expired", "canceled", "errored"])
def test_items_without_an_answer_are_retried_until_given_up(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, outcome: str
) -> None:
    pairs = claude_world.waiting
    claude.polls, claude.outcome = 0, lambda _: outcome
    for _ in range(8):
        _batch(claude_world)
    assert len(claude.batches) == 5
    assert claude_world.count("claude_status = 'failed' AND claude_score IS NULL AND claude_reason <> ''") == pairs
    assert claude.paid.total() == 0
    assert claude_world.scalar("SELECT sum(reserved_usd) + sum(lost_usd) FROM claude_requests") == 0


def test_rejected_requests_can_be_retried_on_demand(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    claude.polls, claude.outcome = 0, lambda _: "expired"
    for _ in range(6):
        _batch(claude_world)
    assert claude_world.count("claude_status = 'failed'") == pairs
    config = {"ops": {"ask_waiting_pairs": {"config": {"retry_failed": True}}}}
    run_job(claude_world.defs, claude_world.instance, "collect_claude_batches", run_config=config)
    assert claude_world.count("claude_status = 'done'") == pairs


def test_an_invalid_request_is_not_sent_again(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.polls, claude.outcome = 0, lambda _: "invalid"
    for _ in range(3):
        _batch(claude_world)
    assert len(claude.batches) == 1
    assert claude_world.count("claude_status = 'failed' AND claude_reason LIKE '%invalid_request_error%'") > 0


def test_an_expired_item_does_not_affect_the_others(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    pairs = claude_world.waiting
    bad: list[str] = []

    def outcome(params: dict[str, Any]) -> str:
        bad.append("once")
        return "expired" if len(bad) == 1 else "succeeded"

    claude.polls, claude.outcome = 0, outcome
    _batch(claude_world)
    _batch(claude_world)
    assert claude_world.count("claude_status = 'done'") < pairs
    _batch(claude_world)
    assert claude_world.count("claude_status = 'done'") == pairs
    assert [len(batch.requests) for batch in claude.batches] == [claude_world.questions, 1]


@pytest.mark.parametrize("when", ["received", "not received"])
def test_a_batch_with_a_lost_name_is_searched_for(claude_world: ClaudeWorld, claude: ClaudeStandIn, when: str) -> None:
    """The batch was received and its name lost, or it never arrived. The workspace has batches of other programs."""
    pairs = claude_world.waiting
    for _ in range(3):  # of another program in the workspace
        _batch(claude_world)
        claude.end_batches()
        claude_world.anew()
    foreign = len(claude.batches)
    claude.batch_faults = ["drop"] if when == "received" else [(500, {})]
    report = _batch(claude_world)
    assert "looked for" in report.note
    assert claude_world.count("claude_status = 'pending'") == pairs
    # Nothing is sent while the batch may still be found. Once it has ended, its custom ids identify it.
    assert (_batch(claude_world, lost_batch_wait_s=1000.0).requests_in_batches) == 0
    claude.end_batches()
    _batch(claude_world)
    claude.end_batches()
    _batch(claude_world)
    assert len(claude.batches) == foreign + 1
    assert claude_world.count("claude_status = 'done'") == pairs
    ours = claude.batches[-1].requests
    assert len(ours) == claude_world.questions


def test_a_lost_batch_is_collectable_once_its_fate_is_known(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """As long as a running batch may be the lost one, a run can do nothing, however long that takes."""
    claude.polls, claude.batch_faults = 1_000, ["drop"]
    _batch(claude_world)
    settings = claude_world.resource()
    with closing(settings.client()) as client:
        assert batches_to_collect(claude_world.database, settings, client) == []
        claude.end_batches()
        (found,) = batches_to_collect(claude_world.database, settings, client)
        assert found.startswith("submitting:")
        _batch(claude_world)
        claude_world.anew()
        claude.batch_faults = [(500, {})] * 10
        _batch(claude_world)
        patient = claude_world.resource(lost_batch_wait_s=1_000.0)
        assert batches_to_collect(claude_world.database, patient, client) == []
        assert len(batches_to_collect(claude_world.database, settings, client)) == 1


@pytest.mark.parametrize("fault", [(429, {}), (529, {}), (413, {})])
def test_a_refused_batch_is_sent_later(claude_world: ClaudeWorld, claude: ClaudeStandIn, fault: Any) -> None:
    pairs = claude_world.waiting
    claude.batch_faults = [fault]
    report = _batch(claude_world)
    assert f"HTTP {fault[0]}" in report.note
    assert claude_world.waiting == pairs
    claude.polls = 0
    _batch(claude_world)
    assert _batch(claude_world).done == pairs


def test_results_for_an_older_profile_are_not_applied(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    _batch(claude_world, user_keys=["ada"])
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE cv_profiles SET skills = '{Hygiene}' WHERE user_id = 1"  # as a new version would
        )
    claude.end_batches()
    report = claude_world.enrich(["ada"])
    # The results answer an older request; the pairs are asked about in their current version.
    assert report.calls > 0
    hashes = "SELECT count(*) FROM user_job_matches m JOIN claude_requests r ON r.request_hash = m.claude_request_hash"
    assert claude_world.scalar(hashes + " WHERE r.batch_id IS NOT NULL AND m.user_id = 1") == 0


def test_the_sensor_runs_only_for_collectable_batches(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    assert _tick(claude_world) == "No message batch is pending."
    assert claude.sent == []
    claude.polls = 2
    _batch(claude_world)
    assert "None has ended" in str(_tick(claude_world))
    assert isinstance(_tick(claude_world), dg.RunRequest)
    with environment({"ANTHROPIC_API_KEY": None}):
        claude_world.reload()
        assert "ANTHROPIC_API_KEY is not set" in str(_tick(claude_world))
    with environment({"ANTHROPIC_API_KEY": "sk-wrong"}):
        claude_world.reload()
        assert "HTTP 401" in str(_tick(claude_world))
    claude_world.reload()
    assert claude_world.run_sensor() == 1
    assert _tick(claude_world) == "No message batch is pending."


def test_a_users_pending_requests_are_withdrawn(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.polls = 100
    _batch(claude_world, user_keys=["ada"])
    _batch(claude_world)  # those of the other users, in one batch
    ada, ben = (claude_world.scalar("SELECT id FROM users WHERE user_key = :k", k=key) for key in ("ada", "ben"))
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO profile_requests (request_hash, user_id, document_id, model, state, reserved_usd, cost_usd, "
            "lost_usd, answered_at) SELECT 'h', user_id, id, 'm', 'answered', 0.5, 0.25, 0.125, now() "
            "FROM cv_documents WHERE user_id = %s LIMIT 1",
            (ada,),
        )
        spent = spent_today_usd(connection)
    report = withdraw_requests(claude_world.database, claude_world.resource(), ada)
    assert (report.batches_cancelled, report.not_cancelled) == (1, 0)
    assert report.requests_deleted == len(claude.batches[0].requests)
    assert claude.batches[0].cancelled
    with claude_world.database.begin() as connection:
        # The cost remains after the erasure.
        assert spent_today_usd(connection) == spent
        assert connection.scalar(text("SELECT sum(erased_cost_usd) FROM cost_by_day")) > Decimal("0.375")
        assert connection.scalar(text("SELECT count(*) FROM profile_requests")) == 0
    # A batch with requests of other users goes on; results for the erased user are dropped.
    report = withdraw_requests(claude_world.database, claude_world.resource(), ben)
    assert report.batches_cancelled == 0
    assert not claude.batches[1].cancelled
    with claude_world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM users WHERE id IN (%s, %s)", (ada, ben))
    claude.end_batches()
    assert _batch(claude_world).done == claude_world.count("claude_status = 'done'") > 0
    owners = "SELECT count(*) FROM claude_requests WHERE user_id IN (:ada, :ben)"
    assert claude_world.scalar(owners, ada=ada, ben=ben) == 0


def test_a_failed_cancellation_does_not_stop_the_others(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    claude.polls = 100
    _batch(claude_world, user_keys=["ada"], batch_max_requests=1)
    ada = claude_world.scalar("SELECT id FROM users WHERE user_key = 'ada'")
    batches = claude_world.scalar("SELECT count(DISTINCT batch_id) FROM claude_requests WHERE user_id = :id", id=ada)
    assert batches > 1
    cancel = ClaudeClient.cancel_batch

    def killed(self: ClaudeClient, batch_id: str) -> None:
        cancel(self, batch_id)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ClaudeClient, "cancel_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            withdraw_requests(claude_world.database, claude_world.resource(), ada)
    # The names of the batches are still stored, so that the next call cancels them.
    first = claude.batches[0].id

    def refused(self: ClaudeClient, batch_id: str) -> None:
        if batch_id == first:
            raise RequestRejectedError("it has ended")
        cancel(self, batch_id)

    monkeypatch.setattr(ClaudeClient, "cancel_batch", refused)
    report = withdraw_requests(claude_world.database, claude_world.resource(), ada)
    assert (report.batches_cancelled, report.not_cancelled) == (batches - 1, 1)
    assert all(batch.cancelled for batch in claude.batches)


def test_nothing_is_asked_for_a_user_who_is_being_erased(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, submitted = ledger.claim, ClaudeClient.create_batch

    def late_claim(connection: Connection, *arguments: Any, **options: Any) -> ledger.Claimed:
        with claude_world.database.begin() as other:
            deactivate_user(other, "ada")
        return claim(connection, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "claim", late_claim)
        _batch(claude_world, user_keys=["ada"])
    assert claude.batches == []

    # The user is erased while the batch is being submitted: nobody would collect it.
    def late_submission(self: ClaudeClient, requests: Any) -> Any:
        with claude_world.database.begin() as other:
            other.exec_driver_sql("DELETE FROM users WHERE user_key = 'ben'")
        return submitted(self, requests)

    monkeypatch.setattr(ClaudeClient, "create_batch", late_submission)
    _batch(claude_world, user_keys=["ben"])
    assert [batch.cancelled for batch in claude.batches] == [True]

"""Several postings of one person in one request: the rows of single requests, and no answer depends on another."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude_client import MAX_TOKENS
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn, data_of, grounded, questions_of
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld

_COST = "SELECT sum(coalesce(cost_usd, 0) + lost_usd) FROM claude_requests"


def _enrich(world: ClaudeWorld, **settings: Any) -> EnrichReport:
    return world.enrich(**{"postings_per_request": 5, "concurrency": 1, **settings})


def _in_batches(world: ClaudeWorld, claude: ClaudeStandIn) -> list[EnrichReport]:
    """Runs with batches until nothing is left to ask."""
    claude.polls = 0
    return [_enrich(world, batch_min=1) for _ in range(4)]


def _sizes(claude: ClaudeStandIn) -> list[int]:
    return [len(questions_of(request)) for request in claude.requests]


def test_groups_write_the_rows_of_single_requests(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude_world.enrich()
    single, questions, calls = claude_world.rows(), claude_world.questions, len(claude.requests)
    assert calls == questions
    claude_world.anew()
    claude.forget()
    report = _enrich(claude_world)
    assert claude_world.rows() == single
    assert report.calls == len(claude.requests) < questions / 2
    assert max(_sizes(claude)) == 5
    assert sum(_sizes(claude)) == questions == claude_world.questions
    # One person in each request, whose facts are sent once.
    mixed = "SELECT count(*) FROM (SELECT FROM claude_requests WHERE group_id IS NOT NULL GROUP BY group_id "
    assert claude_world.scalar(mixed + "HAVING count(DISTINCT user_id) > 1) AS g") == 0
    for how in ("direct", "batch"):
        claude_world.anew()
        claude.forget()
        _in_batches(claude_world, claude) if how == "batch" else _enrich(claude_world, concurrency=4)
        assert claude_world.rows() == single
        assert set(claude.paid.values()) == {1}


def test_shares_add_up_to_what_was_paid(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    report = _enrich(claude_world)
    assert claude_world.scalar(_COST) == report.cost_usd > 0
    for name in ("input_tokens", "output_tokens"):
        stored = claude_world.scalar(f"SELECT sum((usage->>'{name}')::int) FROM claude_requests")
        assert stored == getattr(report, name)
    assert claude_world.scalar("SELECT count(*) FROM claude_requests WHERE cost_usd = 0") == 0
    claude_world.anew()
    reports = _in_batches(claude_world, claude)
    assert claude_world.scalar(_COST) == sum(found.cost_usd for found in reports) > 0


def test_answers_of_a_group_are_used_however_it_is_cut(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """A stored answer counts under another setting: the question is the pair's."""
    _enrich(claude_world)
    done = claude_world.count("claude_status = 'done'")
    for size in (1, 3):
        claude.forget()
        claude_world.anew(ledger=False)
        report = _enrich(claude_world, postings_per_request=size)
        assert (report.from_ledger, claude.requests) == (done, [])


def _drop(answers: list[Any]) -> list[Any]:
    return answers[1:]


def _double(answers: list[Any]) -> list[Any]:
    return [*answers, answers[0]]


def _corrupt(answers: list[Any]) -> list[Any]:
    return [{**answers[0], "id": "' OR 1=1"}, *answers[1:]]


def _broken(_: list[Any]) -> str:
    return '{"answers": [{"id": '


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize(("harm", "per_group"), [(_drop, 1), (_double, 1), (_corrupt, 1), (_broken, 5)])
def test_a_bad_answer_is_asked_for_alone(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, harm: Callable[[list[Any]], Any], per_group: int, batch: bool
) -> None:
    claude_world.enrich(["ada"])
    expected = claude_world.rows()
    claude_world.anew()
    claude.forget()
    claude.of_group = harm
    if batch:
        claude.polls = 0
        reports = [_enrich(claude_world, user_keys=["ada"], batch_min=1) for _ in range(3)]
    else:
        reports = [_enrich(claude_world, user_keys=["ada"])]
    assert claude_world.rows() == expected
    sent = [len(questions_of(request)) for request in claude.sent if request not in claude.counted]
    groups = [size for size in sent if size > 1]
    again = sum(min(per_group, size) for size in groups)
    assert len(groups) > 1
    assert claude.paid.total() == claude_world.questions + again
    assert sorted(claude.paid.values())[-again:] == [2] * again
    # The bill is in the ledger to the last digit, also where a group gave no answer at all.
    assert claude_world.scalar(_COST) == sum(report.cost_usd for report in reports)
    assert claude_world.scalar("SELECT sum(failures) FROM claude_requests") == again


def test_a_swapped_answer_is_refused_and_asked_for_alone(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """A hostile posting makes the answers of its group change places: none is written under another's pair."""
    swapped: list[str] = []

    def swap(answers: list[Any]) -> list[Any]:
        first, last = answers[0], answers[-1]
        if first["title"] == last["title"]:
            return answers
        swapped.extend((first["id"], last["id"]))
        return [{**first, "id": last["id"]}, *answers[1:-1], {**last, "id": first["id"]}]

    claude.answer = lambda request: {
        **grounded(request), "match_reasoning": f"{data_of(request)['posting']['title']}: Nursing, 5 years.",
    }  # fmt: skip
    claude.of_group = swap
    _enrich(claude_world, user_keys=["ada"])
    assert swapped
    assert claude_world.count("user_id = 1 AND claude_status <> 'done'") == 0
    wrong = """
        SELECT count(*) FROM user_job_matches AS m JOIN claude_requests AS r ON r.request_hash = m.claude_request_hash
        JOIN jobs ON jobs.id = r.job_id WHERE m.match_reasoning NOT LIKE left(jobs.title, 20) || '%'
    """
    assert claude_world.scalar(wrong) == 0
    notes = [r["messages"][0]["content"][2]["text"] for r in claude.requests if len(r["messages"][0]["content"]) == 3]
    assert len(notes) == len(swapped)
    assert all("title" in note for note in notes)


def test_one_postings_bad_answer_leaves_the_others(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """A score off the scale is the pair's own failure: its second attempt goes alone, and the others are done."""
    bad = claude_world.scalar(
        "SELECT left(title, 20) FROM jobs JOIN user_job_matches ON job_id = jobs.id WHERE user_id = 1 LIMIT 1"
    )

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        said = grounded(request)
        return {**said, "claude_score": 400} if data_of(request)["posting"]["title"].startswith(bad) else said

    claude.answer = answer
    _enrich(claude_world, user_keys=["ada"])
    failed = claude_world.count("user_id = 1 AND claude_status = 'failed' AND claude_score IS NULL")
    assert failed == claude_world.count(
        "user_id = 1 AND job_id IN (SELECT id FROM jobs WHERE title LIKE :title)", title=f"{bad}%"
    )
    assert 0 < failed < claude_world.count("user_id = 1 AND claude_status = 'done'")
    second = [request for request in claude.requests if len(request["messages"][0]["content"]) == 3]
    assert second
    assert all(list(questions_of(request)) == [""] for request in second)


@pytest.mark.parametrize("stop_reason", ["refusal", "max_tokens"])
def test_a_refused_group_is_asked_one_by_one(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, stop_reason: str
) -> None:
    claude.stop_reason = stop_reason
    _enrich(claude_world, user_keys=["ada"])
    sizes = _sizes(claude)
    questions = claude_world.scalar("SELECT count(*) FROM claude_requests WHERE attempt = 1")
    assert sizes.count(1) >= questions
    status = {"refusal": "refused", "max_tokens": "failed"}[stop_reason]
    assert claude_world.count("user_id = 1 AND claude_status = :status", status=status) == claude_world.count(
        "user_id = 1"
    )


def test_a_rejected_group_is_asked_one_by_one(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.faults = [(413, {})]
    _enrich(claude_world, user_keys=["ada"])
    assert claude_world.count("user_id = 1 AND claude_status = 'waiting'") > 0
    _enrich(claude_world, user_keys=["ada"])
    assert claude_world.count("user_id = 1 AND claude_status <> 'done'") == 0
    assert _sizes(claude)[0] == 5
    assert _sizes(claude).count(1) >= 5


@pytest.mark.parametrize("outcome", ["errored", "invalid", "expired"])
def test_a_failed_group_of_a_batch_is_asked_one_by_one(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, outcome: str
) -> None:
    claude.outcome = lambda request: outcome if len(questions_of(request)) > 1 else "succeeded"
    _in_batches(claude_world, claude)
    assert claude_world.count("claude_status = 'done'") == claude_world.count("TRUE")
    assert set(claude.paid.values()) == {1}
    assert len(claude.batches) == 2


def test_a_group_is_reserved_and_may_be_longer(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """What is reserved covers each call, so that no budget is exceeded."""
    _enrich(claude_world, user_keys=["ada"])
    for request in claude.requests:
        assert request["max_tokens"] == MAX_TOKENS * len(questions_of(request))
    with closing(claude_world.resource().client()) as client:
        full = max(claude.requests, key=lambda request: len(questions_of(request)))
        usage = claude.cache.usage(full, "")
        tokens = sum(usage[f"{name}_tokens"] for name in ("input", "cache_read_input", "cache_creation_input"))
        dearest = client.prices.highest_usd(Decimal(tokens), full["max_tokens"])
    claude_world.anew()
    claude.forget()
    claude.faults = ["drop"] * 3
    _enrich(claude_world, user_keys=["ada"], timeout_s=5.0)
    lost = "SELECT sum(lost_usd) FROM claude_requests WHERE group_id IS NOT NULL GROUP BY group_id ORDER BY 1 DESC"
    assert claude_world.scalar(lost) >= dearest


@pytest.mark.parametrize("batch_min", [1, 100])
@pytest.mark.parametrize("limit", ["budget_usd_per_day", "budget_usd_per_run"])
def test_groups_stay_within_the_budget(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, limit: str, batch_min: int
) -> None:
    """A budget that no whole group fits into still pays for the best pairs; none is exceeded."""
    for budget in (0.0012, 0.003):
        claude_world.anew()
        claude.forget()
        report = _enrich(claude_world, batch_min=batch_min, **{limit: budget})
        assert "budget" in report.note
        assert 0 < report.estimated_usd_at_most <= budget
        assert claude_world.scalar("SELECT sum(reserved_usd + coalesce(cost_usd, 0)) FROM claude_requests") <= budget
        assert 0 < claude_world.questions < claude_world.count("TRUE")


def test_a_group_goes_on_without_an_erased_user(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The user is erased during the call: nothing of the answer is written, and the others go on."""
    others, answer = claude_world.count("user_id <> 1"), claude.answer

    def erasing(request: dict[str, Any]) -> Any:
        with claude_world.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM users WHERE id = 1")
        return answer(request)

    claude.answer = erasing
    report = _enrich(claude_world)
    assert claude_world.count("claude_status = 'done'") == others
    assert report.waiting == 0
    assert claude_world.scalar("SELECT count(*) FROM claude_requests WHERE user_id = 1") == 0

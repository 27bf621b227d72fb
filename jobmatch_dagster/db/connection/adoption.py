"""Databases of the versions before `0001.schema`, which replaced all earlier migrations.

The last earlier version made the same tables, so that such a database needs no change of its data: its bookkeeping is
rewritten, and descriptions and functions get their present wording. A test compares the two schemas.
"""

import re

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_script
from jobmatch_dagster.db.connection.schema_files import migration_text
from jobmatch_dagster.db.connection.yoyo_backend import BOOKKEEPING, record_migrations

REPLACEMENT = "0001.schema"
"""The migration that replaced the earlier ones."""
EARLIER = (
    "0001.catalog", "0002.users", "0003.matching", "0004.integrity", "0005.legacy", "0010.landings", "0011.filling",
    "0015.matching_engine", "0016.skill_neighbours", "0017.calibrations", "0020.claude", "0021.erased_costs",
    "0025.operations", "0030.isolation",
)  # fmt: skip
"""The replaced migrations, in order."""
# The last commit that has the earlier migrations.
_EARLIER_COMMIT = "e5e3051"
_REPEATABLE = re.compile(r"^(?:COMMENT ON [^\n]*;|CREATE OR REPLACE FUNCTION .*?^\$\$;)$", re.MULTILINE | re.DOTALL)


def too_old(recorded: set[str]) -> str | None:
    """Why a database with these recorded migrations cannot be adopted; None when it can, or needs no adoption."""
    found = [name for name in EARLIER if name in recorded]
    if not found or len(found) == len(EARLIER):
        return None
    return (
        f"The database is at migration {found[-1]}, which is older than this version can migrate. Check out commit "
        f"{_EARLIER_COMMIT} and run its `jobmatch migrate`, which leads to {EARLIER[-1]}; then run this version's. "
        "Nothing was changed."
    )


def adopt(connection: Connection) -> None:
    """Record `0001.schema` in place of the earlier migrations, within the caller's transaction."""
    run_script(connection, "\n".join(_REPEATABLE.findall(migration_text(REPLACEMENT))))
    connection.execute(
        text(f"DELETE FROM {BOOKKEEPING} WHERE migration_id = ANY(:names)"),
        {"names": list(EARLIER)},
    )
    record_migrations(connection, (REPLACEMENT,))

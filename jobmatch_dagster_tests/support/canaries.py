"""Where a text is found that should be nowhere: tables of databases, packed bytes too, files and their names."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database

# The part of a shorter text would be found in any bytes.
_LEAST_BASE64_BYTES = 10
_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema')
"""
_PACKED = """
    SELECT a.attrelid::regclass::text, quote_ident(a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.atttypid = 'bytea'::regtype AND c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
      AND nspname NOT IN ('pg_catalog', 'information_schema')
"""


def find_canary(databases: Sequence[Database], folders: Sequence[Path], canary: str) -> list[str]:
    """Tables and files that have a text: as it is, in hex, base64, an URL, or in bytes packed by zlib or gzip."""
    forms = _forms(canary)
    found: list[str] = []
    for database in databases:
        with database.begin() as connection:
            found += dict.fromkeys([*_in_tables(connection, forms), *_in_packed_bytes(connection, forms)])
    return found + list(_in_files(folders, forms))


def _forms(canary: str) -> list[str]:
    """Spellings of a text; of base64 the part that does not depend on what is beside it."""
    content = canary.encode()
    escaped = json.dumps(canary)[1:-1]
    # A row as text doubles each backslash of its values.
    forms = [canary, escaped, escaped.replace("\\", "\\\\"), content.hex(), quote(canary), quote_plus(canary)]
    if len(content) >= _LEAST_BASE64_BYTES:
        encoded = (base64.b64encode(b"\0" * shift + content).decode() for shift in range(3))
        forms += [part[4 if shift else 0 :].rstrip("=")[:-1] for shift, part in enumerate(encoded)]
    return list(dict.fromkeys(forms))


def _in_tables(connection: Connection, forms: list[str]) -> Iterator[str]:
    query = "SELECT EXISTS (SELECT FROM {} AS t, unnest(CAST(:forms AS text[])) AS f WHERE strpos(t::text, f) > 0)"
    for table in connection.exec_driver_sql(_TABLES).scalars().all():
        if connection.scalar(text(query.format(table)), {"forms": forms}):
            yield table


def _in_packed_bytes(connection: Connection, forms: list[str]) -> Iterator[str]:
    for table, column in connection.exec_driver_sql(_PACKED).all():
        values = connection.exec_driver_sql(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL").scalars()
        if any(form.encode() in _unpacked(bytes(value)) for value in values for form in forms):
            yield table


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompress(content, wbits=47)  # zlib or gzip, by its head
    except zlib.error:
        return b""


def _in_files(folders: Iterable[Path], forms: list[str]) -> Iterator[str]:
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else [folder]:
            content = path.read_bytes() if path.is_file() else b""
            both = (content, _unpacked(content), str(path).encode())
            if any(form.encode() in place for form in forms for place in both):
                yield str(path)

"""Bulk transfer by COPY: rows into tables, vectors out of them, and the wire formats."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg2
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from jobmatch_dagster.errors import DatabaseError

# COPY BINARY: signature, flags and extension length before the first row (PostgreSQL manual, COPY).
_BINARY_HEADER_BYTES = 19


class VectorsMissingError(DatabaseError):
    """Vectors that were chosen no longer exist."""


def copy_into(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into an existing table; returns their number.

    Lists become arrays, or JSON where the column is jsonb; numpy vectors become pgvector values.
    """
    kinds = _column_kinds(connection, table)
    encoders = [_json if kinds[column] == "jsonb" else _plain for column in columns]
    stream = _LineStream(_lines(rows, encoders))
    names = ", ".join(f'"{column}"' for column in columns)
    with _cursor(connection) as cursor:
        _copy(cursor, f'COPY "{table}" ({names}) FROM STDIN', stream)
    return stream.lines


def stage(
    connection: Connection, like: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, name: str
) -> int:
    """COPY rows into a temporary table with the column types of `like`, dropped at the end of the transaction."""
    names = ", ".join(f'"{column}"' for column in columns)
    connection.execute(
        text(f'CREATE TEMPORARY TABLE "{name}" ON COMMIT DROP AS SELECT {names} FROM "{like}" WITH NO DATA')
    )
    return copy_into(connection, name, columns, rows)


def stage_lines(connection: Connection, like: str, columns: Sequence[str], lines: Iterable[str], *, name: str) -> int:
    r"""As `stage`, for rows that are lines in COPY's text format already (`as_text`, `as_array`, `\N`)."""
    names = ", ".join(f'"{column}"' for column in columns)
    connection.execute(
        text(f'CREATE TEMPORARY TABLE "{name}" ON COMMIT DROP AS SELECT {names} FROM "{like}" WITH NO DATA')
    )
    stream = _LineStream(line.encode() for line in lines)
    with _cursor(connection) as cursor:
        _copy(cursor, f'COPY "{name}" ({names}) FROM STDIN', stream)
    return stream.lines


def read_vectors(
    connection: Connection, query: str, parameters: Mapping[str, Any]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Read rows of `SELECT bigint, vector` without a Python object for each.

    Args:
        connection: an open transaction.
        query: SELECT of an id and a vector, with parameters as psycopg2 has them (`%(name)s`).
        parameters: values for the query.

    Returns:
        Ids of shape (n,) and vectors of shape (n, d), in the order of the query; d is 0 when n is 0.

    Raises:
        ValueError: if the vectors differ in dimension.
    """
    buffer = io.BytesIO()
    with _cursor(connection) as cursor:
        bound = cursor.mogrify(query, dict(parameters)).decode()
        cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", buffer)
    raw = buffer.getbuffer()[_BINARY_HEADER_BYTES:-2]
    if not raw:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    dimension = int(np.frombuffer(raw, ">i2", count=1, offset=18)[0])
    row = np.dtype(
        [("fields", ">i2"), ("id_bytes", ">i4"), ("id", ">i8"), ("vector_bytes", ">i4"),
         ("dimension", ">i2"), ("unused", ">i2"), ("vector", ">f4", (dimension,))]
    )  # fmt: skip
    if len(raw) % row.itemsize:
        raise ValueError("The vectors of one model differ in dimension; embed again with one model.")
    table = np.frombuffer(raw, row)
    return table["id"].astype(np.int64), table["vector"].astype(np.float32)


def read_vectors_of(
    connection: Connection, query: str, parameters: Mapping[str, Any], ids: Sequence[int]
) -> NDArray[np.float32]:
    """Vectors of exactly these ids, shape (n, d), in their order; the query must order by id as they are ordered.

    Args:
        connection: an open transaction.
        query: as for `read_vectors`.
        parameters: values for the query.
        ids: the owners of the vectors.

    Raises:
        VectorsMissingError: if an id has no vector. Without this the following rows would get the vectors of others.
        ValueError: if the vectors differ in dimension.
    """
    found, vectors = read_vectors(connection, query, parameters)
    if not np.array_equal(found, np.asarray(ids, np.int64)):
        missing = len(set(ids) - set(found.tolist()))
        raise VectorsMissingError(f"{missing} vectors were deleted while they were read. Run the step again.")
    return vectors


class _LineStream(io.RawIOBase):
    """A readable stream over encoded lines: COPY never needs all rows in memory."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = 0
        self._source = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        read = len(self._rest)
        while size < 0 or read < size:
            line = next(self._source, None)
            if line is None:
                break
            self.lines += 1
            parts.append(line)
            read += len(line)
        data = b"".join(parts)
        if size < 0:
            size = len(data)
        self._rest = data[size:]
        return data[:size]


def _lines(rows: Iterable[Sequence[Any]], encoders: Sequence[Any]) -> Iterator[bytes]:
    for row in rows:
        yield ("\t".join(encode(value) for encode, value in zip(encoders, row, strict=True)) + "\n").encode()


def _plain(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return as_text(value)
    if isinstance(value, bool | np.bool_):
        return "t" if value else "f"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, np.ndarray):
        return "[" + ",".join(map(repr, value.tolist())) + "]"
    if isinstance(value, list | tuple):
        return as_array(value)
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        return str(value)
    raise TypeError(f"COPY has no text format for a value of type {type(value).__name__}")


def _json(value: Any) -> str:
    return "\\N" if value is None else as_text(json.dumps(value, ensure_ascii=False))


def _array_item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def as_array(values: Sequence[Any]) -> str:
    """A list as an array in COPY's text format."""
    return as_text("{" + ",".join(_array_item(item) for item in values) + "}")


def as_text(value: str) -> str:
    """A text in COPY's text format."""
    return (
        value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    )  # fmt: skip


def _column_kinds(connection: Connection, table: str) -> dict[str, str]:
    rows = connection.execute(
        text(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = to_regclass(quote_ident(:table)) AND attnum > 0"
        ),
        {"table": table},
    )
    return {row.attname: row.format_type for row in rows}


def _copy(cursor: Any, sql: str, stream: io.RawIOBase) -> None:
    """COPY. Errors keep their SQLSTATE and first sentence: the rest quotes the line, which may be a user's."""
    try:
        cursor.copy_expert(sql, stream)
    except psycopg2.Error as error:
        error.args = (error.diag.message_primary or type(error).__name__,)
        raise


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()

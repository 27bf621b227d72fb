"""Rows as small tables for the UI, with values formatted by `core/markdown.py`. Never CV text or a secret."""

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from jobmatch_dagster.core.markdown import column_type, table_cells

PREVIEW_ROWS = 10


def preview(rows: Iterable[Sequence[Any]], columns: Sequence[str], limit: int = PREVIEW_ROWS) -> dg.TableMetadataValue:
    """The first rows as a table.

    Args:
        rows: values in the order of the columns; rows of a query are fine.
        columns: names of the columns.
        limit: most rows to show.

    Raises:
        ValueError: if a row has more or fewer values than there are columns.
    """
    cells = table_cells(rows, columns, limit)
    return dg.MetadataValue.table(
        records=[dg.TableRecord(dict(zip(columns, row, strict=True))) for row in cells],
        schema=dg.TableSchema(
            columns=[dg.TableColumn(name, type=column_type(row[i] for row in cells)) for i, name in enumerate(columns)]
        ),
    )

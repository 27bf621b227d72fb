"""The user's own pages: every `*.json` file of a folder that is an array of records.

The records stay as they are; the pipeline decides which of them it can use.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.raw.page_records import PageError, parse_page
from jobmatch_dagster.demo.errors import DemoInputError
from jobmatch_dagster.demo.server import created_at


@dataclass(frozen=True)
class RecordedPages:
    """The records of all pages, and the files that are not pages, each with the reason."""

    records: list[dict[str, Any]]
    skipped: list[tuple[str, str]]


def read_pages(folder: Path) -> RecordedPages:
    """Read a folder of pages.

    Raises:
        DemoInputError: if the folder does not exist, or contains no record with a date.
    """
    if not folder.is_dir():
        raise DemoInputError(f"There is no folder {folder}: --pages takes a folder with *.json pages of records.")
    records: list[dict[str, Any]] = []
    skipped: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            page = parse_page(path.read_bytes())
        except (PageError, OSError) as error:
            skipped.append((path.name, str(error)))
            continue
        found = [record for record in page if isinstance(record, dict) and "id" in record]
        if found:
            records += found
        else:
            skipped.append((path.name, "an array without records (objects with an id)"))
    if not any(created_at(record) for record in records):
        raise DemoInputError(
            f"No posting in {folder}: none of its *.json files is an array of Active Jobs records "
            "(objects with id, title, organization, url and date_created). Point --pages at saved API responses."
        )
    return RecordedPages(records, skipped)


def newest(records: list[dict[str, Any]]) -> datetime:
    """When the newest record was indexed (UTC)."""
    return max(moment for record in records if (moment := created_at(record)))

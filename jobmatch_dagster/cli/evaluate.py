"""`jobmatch evaluate`: rank any postings for any CVs, in a throw-away database, by the pipeline's own steps.

Put here how the two files are read and the result is written. What is measured on it is the caller's affair.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_record
from jobmatch_dagster.core.catalog.page_records import PageError, parse_page
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.connection.embedded import embedded_postgres
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.profiles import documents
from jobmatch_dagster.db.profiles.profiles import insert_profile
from jobmatch_dagster.db.profiles.users import ensure_user
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.demo.errors import DemoInputError
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.matching.match import match_users
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource

ADS_PER_CV = 50
_RUN = "evaluate"
# Other sources' names of what a posting must have.
_NAMES = {
    "id": ("id", "external_id", "source_id"),
    "organization": ("organization", "company", "company_name"),
    "description_text": ("description_text", "description"),
    "date_created": ("date_created", "date_posted", "published_at"),
}
_PAGE = """
    INSERT INTO job_pages (sweep_id, generation, endpoint, filters, request, page_offset, status, headers, body, sha256,
                           last_page, fetched_at)
    VALUES (gen_random_uuid(), 'g1', '6m', '{}', '{}', 0, 200, '{}', '', '', true, now()) RETURNING id
"""
_RANKED = """
    SELECT user_key, array_agg(jobs.external_id ORDER BY m.relevance DESC, m.match_score DESC, jobs.external_id) AS ads
    FROM user_job_matches AS m JOIN users ON users.id = m.user_id JOIN jobs ON jobs.id = m.job_id
    GROUP BY user_key
"""


def evaluate(pages: Path, cvs: Path, out: Path, note: Callable[[str], None]) -> None:
    """Write, for each line of the CV file in its order, `{"cv": line from 0, "ads": [external ids, best first]}`.

    A line that holds no CV gets an empty list; records that are no postings are passed over. Both are noted.

    Raises:
        DemoInputError: if there is no posting or no CV, or the result cannot be written.
    """
    texts = list(_read_cvs(cvs, note))
    postings, given = _read_postings(pages, note)
    embedder, matching = EmbedderResource(), MatchingResource()
    settings = replace(match_settings(embedder, matching), keep_best=ADS_PER_CV, floor=0)
    with throw_away_database() as database:
        note(f"{len(postings):,} postings, {len(texts):,} CVs")
        with database.begin() as connection:
            load(connection, postings)
        embed_postings(database, embedder, _RUN, lambda done, total: note(f"{done:,} of {total:,} postings embedded"))
        keys = [str(number) for number, cv in enumerate(texts) if cv]
        with database.begin() as connection:
            for key in keys:
                take_in(connection, key, texts[int(key)])
        embed_profiles(database, embedder, _RUN)
        match_users(database, settings, _RUN, keys)
        with database.begin() as connection:
            ranked = {row.user_key: [given[number] for number in row.ads] for row in connection.execute(text(_RANKED))}
    lines = (json.dumps({"cv": number, "ads": ranked.get(str(number), [])}) for number in range(len(texts)))
    try:
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DemoInputError(f"The result cannot be written to {out} ({error.strerror}).") from None


@contextmanager
def throw_away_database() -> Iterator[Database]:
    """A migrated database on a server of its own, gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="jobmatch-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder)) as url:
            ensure_database(url)
            database = Database(url)
            migrate(database)
            yield database
            database.dispose()


def load(connection: Connection, postings: list[Posting]) -> None:
    """Merge postings as if they stood on one page."""
    page_id = int(connection.scalars(text(_PAGE)).one())
    now = wall_time()
    sighted = (SightedPosting(posting, page_id, place, now) for place, posting in enumerate(postings))
    merge_postings(connection, sighted, _RUN)


def take_in(connection: Connection, user_key: str, cv_text: str) -> None:
    """Make a user with a profile of this CV."""
    user_id = ensure_user(connection, user_key)
    documents.receive_document(connection, user_id, documents.document_of(f"{user_key}.txt", cv_text.encode()))
    document = documents.current_document(connection, user_id)
    assert document is not None, "the document was received in this transaction"  # noqa: S101
    documents.note_reading(connection, document.id, cv_text, None)
    profile = extract_profile(cv_text, today=wall_time().date())
    insert_profile(connection, user_id, document.id, profile, _RUN)


def _read_postings(folder: Path, note: Callable[[str], None]) -> tuple[list[Posting], dict[str, Any]]:
    """Postings under numbers of their own, and the file's id for each number: ids of any kind and length are taken."""
    if not folder.is_dir():
        raise DemoInputError(f"There is no folder {folder}: --pages takes a folder with *.json arrays of postings.")
    postings: list[Posting] = []
    given: dict[str, Any] = {}
    seen: set[Any] = set()
    for path in sorted(folder.glob("*.json")):
        try:
            records = parse_page(path.read_bytes())
        except (PageError, OSError) as error:
            note(f"{path.name} passed over: {error}")
            continue
        for place, record in enumerate(records):
            try:
                named = _as_api_record(record)
                posting = normalise_record({**named, "id": str(len(postings))} if named.get("id") else named)
            except RecordError as error:
                note(f"{path.name}, record {place} passed over: {error}")
                continue
            if named["id"] not in seen:
                seen.add(named["id"])
                given[posting.external_id] = named["id"]
                postings.append(posting)
    if not postings:
        raise DemoInputError(
            f"No posting in {folder}: --pages takes *.json files that are arrays of objects with id, title, company "
            "and description_text."
        )
    return postings, given


def _as_api_record(record: Any) -> dict[str, Any]:
    """A record with what the API always gives, from other sources' names, or (address, time) made up."""
    if not isinstance(record, dict):
        raise RecordError("(record)", f"JSON of type {type(record).__name__}, not an object")
    named = dict(record)
    for name, others in _NAMES.items():
        value = next((record[other] for other in others if record.get(other)), None)
        if value is not None:
            named[name] = value
    named.setdefault("organization", "unknown")
    if not named.get("url"):
        named["url"] = f"https://jobs.invalid/{named.get('id')}"
    if not named.get("date_created"):
        named["date_created"] = "2026-01-01T00:00:00"
    if isinstance(named.get("location"), str) and not named.get("locations_derived"):
        named["locations_derived"] = [named["location"]]
    return named


def _read_cvs(path: Path, note: Callable[[str], None]) -> Iterator[str]:
    """The CV's text of each line, "" where there is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise DemoInputError(f"{path} cannot be read ({error.strerror}): --cvs takes a .jsonl file.") from None
    if not any(line.strip() for line in lines):
        raise DemoInputError(f'{path} is empty: --cvs takes a line such as {{"text": "..."}} for each CV.')
    for number, line in enumerate(lines):
        try:
            record = json.loads(line) if line.strip() else None
        except ValueError:
            record = None
        cv_text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(cv_text, str) or not cv_text.strip():
            note(f'{path.name}, line {number}: no "text", so no ads')
            cv_text = ""
        yield cv_text.replace("\0", "")

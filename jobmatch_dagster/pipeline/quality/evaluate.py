"""Ranking any postings for any CVs by the pipeline's own steps, in a temporary database (`jobmatch evaluate`)."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.legacy_values import legacy_time
from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_record
from jobmatch_dagster.core.matching.scoring import PARTS
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.core.quality.judged import JudgedQuality, Pair, PairScore, measure_judged
from jobmatch_dagster.core.raw.page_records import PageError, parse_page
from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.core.raw.windows import Sweep
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.temporary import temporary_database
from jobmatch_dagster.db.profiles import documents
from jobmatch_dagster.db.profiles.cv_profiles import insert_profile
from jobmatch_dagster.db.profiles.users import ensure_user
from jobmatch_dagster.db.raw.pages import insert_page
from jobmatch_dagster.errors import InputError
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.matching.match import match_users
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.resources.embedder import EmbedderResource

ADS_PER_CV = 50
_RUN = "evaluate"
# The highest label of a judged pair.
MOST_LABEL = 10
# A posting's needed fields, and what other sources call them.
_NAMES = {
    "id": ("id", "external_id", "source_id"),
    "organization": ("organization", "company", "company_name"),
    "description_text": ("description_text", "description"),
    "date_created": ("date_created", "date_posted", "published_at"),
}


class EvaluationInputError(InputError):
    """The files of an evaluation have no posting or no CV, or its result cannot be written."""


def evaluate(
    pages: Path,
    cvs: Path,
    out: Path,
    *,
    embedder: EmbedderResource,
    settings: MatchSettings,
    now: datetime,
    data_folder: Path,
    report: Callable[[str], None],
    judged: Path | None = None,
) -> JudgedQuality | None:
    """Write, for each line of the CV file in its order, `{"cv": line from 0, "ads": [external ids, best first]}`.

    A line without a CV gets an empty list; records that are not postings are skipped. Both are reported.

    Args:
        pages: folder of `*.json` files, each an array of postings.
        cvs: file with a line such as `{"text": "..."}` for each CV.
        out: file of the result.
        embedder: the embedding model.
        settings: how pairs are matched; every pair is kept, `ADS_PER_CV` for each CV.
        now: when a posting was seen, and what a CV calls today.
        data_folder: where the temporary database is if the system's temporary folder has too long a path.
        report: is given each line of progress.
        judged: file with a line such as `{"cv": 0, "ad": "id", "label": 2}` for each judged pair: 0 does not fit, 1 is
            plausible, 2 and more is good.

    Returns:
        What the judged pairs say of the scores; None without any.

    Raises:
        EvaluationInputError: if there is no posting, no CV or no judged pair, or the result cannot be written.
    """
    labels = {} if judged is None else _read_judged(judged, report)
    texts = list(_read_cvs(cvs, report))
    postings, given_ids = _read_postings(pages, report)
    with temporary_database(data_folder) as database:
        report(f"{len(postings):,} postings, {len(texts):,} CVs")
        with database.begin() as connection:
            add_postings(connection, postings, now)
        embed_postings(database, embedder, _RUN, lambda done, total: report(f"{done:,} of {total:,} postings embedded"))
        keys = [str(number) for number, cv in enumerate(texts) if cv]
        with database.begin() as connection:
            for key in keys:
                _add_user(connection, key, texts[int(key)], now)
        embed_profiles(database, embedder, _RUN)
        # Judged pairs need a score each, wherever they are in the list.
        kept = replace(settings, keep_best=len(postings) if labels else ADS_PER_CV, floor=0)
        match_users(database, kept, _RUN, keys)
        rows = database.fetch("quality/ranked_postings")
        quality = None
        if labels:
            scores = _pair_scores(database, given_ids)
            without = {}
            for part in PARTS:
                match_users(database, replace(kept, weights=replace(kept.weights, **{part: 0})), _RUN, keys)
                without[part] = _pair_scores(database, given_ids)
                report(f"scored without {part.replace('_', ' ')}")
            quality = measure_judged(labels, scores, without)
    ranked = {row.user_key: [given_ids[number] for number in row.external_ids[:ADS_PER_CV]] for row in rows}
    lines = (json.dumps({"cv": number, "ads": ranked.get(str(number), [])}) for number in range(len(texts)))
    try:
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise EvaluationInputError(f"The result cannot be written to {out} ({error.strerror}).") from None
    return quality


def add_postings(connection: Connection, postings: list[Posting], now: datetime) -> None:
    """Merge postings into `jobs` as if they came on one page."""
    page = PageResponse(
        request={}, page_offset=0, status=200, headers={}, body=b"", fetched_at=now, record_count=0, last_page=True
    )
    page_id = insert_page(connection, "g1", {}, Sweep("6m", None, None), uuid4(), page, _RUN)
    sighted = (SightedPosting(posting, page_id, position, now) for position, posting in enumerate(postings))
    merge_postings(connection, sighted, _RUN)


def _pair_scores(database: Database, given_ids: Mapping[str, Any]) -> dict[Pair, PairScore]:
    """The scores of every match, by line of the CV and id of the ad as JSON."""
    return {
        (int(row.user_key), json.dumps(given_ids[row.external_id])): PairScore(
            row.exact_score, row.match_score, row.semantic_score
        )
        for row in database.fetch("quality/pair_scores")
    }


def _read_judged(path: Path, report: Callable[[str], None]) -> dict[Pair, int]:
    """Labels by CV and ad; lines that are no judged pair are skipped and reported."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationInputError(
            f"{path} cannot be read ({type(error).__name__}): --judged takes a .jsonl."
        ) from None
    labels: dict[Pair, int] = {}
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)
            cv, ad, label = record["cv"], json.dumps(record["ad"]), record["label"]
            if not (isinstance(cv, int) and isinstance(label, int) and 0 <= label <= MOST_LABEL):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            report(f'{path.name}, line {number} skipped: no {{"cv": 0, "ad": "id", "label": 2}}')
        else:
            labels[cv, ad] = label
    if not labels:
        raise EvaluationInputError(f'No judged pair in {path}: a line is {{"cv": 0, "ad": "id", "label": 2}}.')
    return labels


def _add_user(connection: Connection, user_key: str, cv_text: str, now: datetime) -> None:
    """Create a user with the profile of this CV."""
    user_id = ensure_user(connection, user_key)
    documents.receive_document(connection, user_id, documents.document_of(f"{user_key}.txt", cv_text.encode()))
    (document,) = documents.current_documents(connection, user_id)
    documents.note_reading(connection, document.id, cv_text, None)
    profile = extract_profile(cv_text, today=now.date())
    insert_profile(connection, user_id, document.id, profile, _RUN)


def _read_postings(folder: Path, report: Callable[[str], None]) -> tuple[list[Posting], dict[str, Any]]:
    """Postings with numbers for ids, and the file's id of each number: ids of any type and length are accepted."""
    if not folder.is_dir():
        raise EvaluationInputError(f"There is no folder {folder}: --pages takes a folder of *.json files.")
    postings: list[Posting] = []
    given_ids: dict[str, Any] = {}
    seen: set[str] = set()
    for path in sorted(folder.glob("*.json")):
        try:
            records = parse_page(path.read_bytes())
        except (PageError, OSError) as error:
            report(f"{path.name} skipped: {error}")
            continue
        for position, record in enumerate(records):
            try:
                named = _as_api_record(record)
                posting = normalise_record({**named, "id": str(len(postings))} if named.get("id") else named)
            except RecordError as error:
                report(f"{path.name}, record {position} skipped: {error}")
                continue
            if (given_id := json.dumps(named["id"])) not in seen:
                seen.add(given_id)
                given_ids[posting.external_id] = named["id"]
                postings.append(posting)
    if not postings:
        raise EvaluationInputError(
            f"No posting in {folder}: --pages takes *.json files that are arrays of objects with id, title, company "
            "and description_text."
        )
    return postings, given_ids


def _as_api_record(record: Any) -> dict[str, Any]:
    """A record with the fields that the API always has: under other sources' names, or (URL, time) invented."""
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
    named["date_created"] = legacy_time(named.get("date_created") or "2026-01-01T00:00:00")
    if isinstance(named.get("location"), str) and not named.get("locations_derived"):
        named["locations_derived"] = [named["location"]]
    return named


def _read_cvs(path: Path, report: Callable[[str], None]) -> Iterator[str]:
    """The CV's text of each line, "" where there is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise EvaluationInputError(f"{path} cannot be read ({error.strerror}): --cvs takes a .jsonl file.") from None
    if not any(line.strip() for line in lines):
        raise EvaluationInputError(f'{path} is empty: --cvs takes a line such as {{"text": "..."}} for each CV.')
    for number, line in enumerate(lines):
        try:
            record = json.loads(line) if line.strip() else None
        except ValueError:
            record = None
        cv_text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(cv_text, str) or not cv_text.strip():
            report(f'{path.name}, line {number}: no "text", so no ads')
            cv_text = ""
        yield cv_text.replace("\0", "")

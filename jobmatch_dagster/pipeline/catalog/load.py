"""From stored pages to postings, and from postings to vectors.

Put here the order of the steps. Normalisation and SQL have modules of their own; no Dagster here.
"""

from collections import Counter
from dataclasses import dataclass, field

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION, Rejected, normalise_page
from jobmatch_dagster.core.catalog.page_records import PageError, expired_ids
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.catalog.embeddings import stale_job_texts, write_embeddings
from jobmatch_dagster.db.catalog.jobs import MergeCounts, SightedPosting, close_expired, merge_or_refuse, quarantine
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import EMBEDDING, LOADING, exclusively
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.resources.embedder import EmbedderResource

# Pages are merged in groups: one COPY and one statement for about a thousand postings.
_PAGES_PER_TRANSACTION = 10
# Texts are embedded and committed in groups: what is done stays done when the run is killed.
_TEXTS_PER_TRANSACTION = 2_048


@dataclass
class LoadReport:
    """What became of the pages that were loaded."""

    pages: int = 0
    records: int = 0
    quarantined: int = 0
    counts: MergeCounts = field(default_factory=MergeCounts)
    unknown_fields: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class EmbedReport:
    """Vectors written, and texts longer than the model reads."""

    embedded: int
    truncated: int


def load_pages(
    database: Database, run_id: str, on_progress: Progress = no_progress, *, rebuild: bool = False
) -> LoadReport:
    """Load every page that this version of the normaliser has not loaded yet into `jobs`; all pages to rebuild.

    A group of pages, its quarantine and the note that it is loaded are one transaction. To rebuild is also to
    close again what the kept lists of expired postings name.
    """
    report = LoadReport()
    with exclusively(database, LOADING):
        with database.begin() as connection:
            if rebuild:
                pages.forget_loading(connection)
            ids = pages.stale_page_ids(connection, NORMALISER_VERSION)
        for start in range(0, len(ids), _PAGES_PER_TRANSACTION):
            _load_group(database, ids[start : start + _PAGES_PER_TRANSACTION], run_id, report)
            on_progress(report.pages, len(ids))
        if rebuild:
            _close_expired_again(database)
    return report


def embed_postings(
    database: Database, embedder: EmbedderResource, run_id: str, on_progress: Progress = no_progress
) -> EmbedReport:
    """Give every open posting whose text is new or changed its vector of the configured model."""
    embedded = truncated = 0
    with exclusively(database, EMBEDDING):
        while True:
            with database.begin() as connection:
                stale = stale_job_texts(connection, embedder.model, _TEXTS_PER_TRANSACTION)
            if not stale:
                return EmbedReport(embedded, truncated)
            texts = [
                posting_text_to_embed(
                    title=row.title, key_skills=row.ai_key_skills, keywords=row.ai_keywords,
                    core_responsibilities=row.ai_core_responsibilities,
                    requirements_summary=row.ai_requirements_summary, description=row.description,
                )
                for row in stale
            ]  # fmt: skip
            encoded = embedder.encode(texts, on_progress)
            rows = ((r.id, r.text_hash, vector) for r, vector in zip(stale, encoded.vectors, strict=True))
            with database.begin() as connection:
                embedded += write_embeddings(connection, "job_embeddings", embedder.model, rows, run_id)
            truncated += encoded.truncated


def _close_expired_again(database: Database) -> None:
    with database.begin() as connection:
        for page in pages.read_expired_lists(connection):
            close_expired(connection, expired_ids(page.body), page.fetched_at)


def _load_group(database: Database, ids: list[int], run_id: str, report: LoadReport) -> None:
    sighted: list[SightedPosting] = []
    with database.begin() as connection:
        for page in pages.read_pages(connection, ids):
            try:
                content = normalise_page(page.body)
            except PageError as error:
                quarantine(connection, page.id, [Rejected(0, None, "(page)", str(error), "")])
                report.quarantined += 1
                continue
            sighted += [
                SightedPosting(posting, page.id, position, page.fetched_at) for position, posting in content.postings
            ]
            quarantine(connection, page.id, content.rejected)
            report.quarantined += len(content.rejected)
            report.records += len(content.postings) + len(content.rejected)
            report.unknown_fields.update(content.unknown_fields)
        counts, refused = merge_or_refuse(connection, sighted, run_id)
        report.counts += counts
        report.quarantined += refused
        pages.mark_loaded(connection, ids, NORMALISER_VERSION)
    report.pages += len(ids)

"""From postings to vectors, a group of texts in each transaction."""

from dataclasses import dataclass

from jobmatch_dagster.core.buckets import ONLY_BUCKET, Bucket
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.catalog.embeddings import Vector, count_stale_postings, stale_postings, write_posting_vectors
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import EMBEDDING, exclusively
from jobmatch_dagster.resources.embedder import EmbedderResource

# A killed run loses the vectors of one group at most.
_TEXTS_PER_TRANSACTION = 2_048


@dataclass(frozen=True)
class EmbedReport:
    """Vectors written, and texts longer than the model reads."""

    embedded: int
    truncated: int


def embed_postings(
    database: Database,
    embedder: EmbedderResource,
    run_id: str,
    on_progress: Progress = no_progress,
    *,
    only: Bucket = ONLY_BUCKET,
) -> EmbedReport:
    """Compute the vector of every open posting whose text is new or changed, with the configured model.

    Buckets of postings are embedded side by side; the whole waits for them, and they for the whole.
    """
    embedded = truncated = 0
    with exclusively(database, EMBEDDING, only.key if only.count > 1 else None):
        total = None
        while True:
            with database.begin() as connection:
                stale = stale_postings(connection, embedder.model, _TEXTS_PER_TRANSACTION, only)
            if not stale:
                return EmbedReport(embedded, truncated)
            if total is None:
                total = _count(database, embedder.model, only) if len(stale) == _TEXTS_PER_TRANSACTION else len(stale)
            encoded = embedder.encode(
                [posting_text_to_embed(posting) for posting in stale], _after(embedded, total, on_progress)
            )
            vectors = (
                Vector(posting.id, posting.text_hash, vector)
                for posting, vector in zip(stale, encoded.vectors, strict=True)
            )
            with database.begin() as connection:
                embedded += write_posting_vectors(connection, embedder.model, vectors, run_id)
            truncated += encoded.truncated


def _count(database: Database, model: str, bucket: Bucket) -> int:
    with database.read() as connection:
        return count_stale_postings(connection, model, bucket)


def _after(before: int, total: int, on_progress: Progress) -> Progress:
    """Progress of a group as progress of the whole; postings that arrive meanwhile raise the total."""
    return lambda done, _of_group: on_progress(before + done, max(total, before + done))

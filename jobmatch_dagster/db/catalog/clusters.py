"""`job_clusters`: postings that advertise the same job. `core/catalog/dedupe.py` decides when two are the same ad."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.dedupe import group_alike
from jobmatch_dagster.db.connection.bulk import copy_into
from jobmatch_dagster.db.connection.engine import run_query


def cluster_postings(connection: Connection, job_ids: Sequence[int]) -> None:
    """Recompute the clusters of these postings, together with every open posting of the same company and title.

    A cluster is named after its oldest posting. The result does not depend on the order in which postings came.
    """
    rows = run_query(connection, "catalog/ads_to_cluster", {"job_ids": list(job_ids)}) if job_ids else []
    if not rows:
        return
    texts: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        texts[row.ad_key][row.external_id] = row.text
    cluster_of = {
        member: group[0] for candidates in texts.values() for group in group_alike(candidates) for member in group
    }
    connection.execute(text("CREATE TEMPORARY TABLE staged_clusters (id bigint, cluster_key text) ON COMMIT DROP"))
    copy_into(
        connection,
        "staged_clusters",
        ("id", "cluster_key"),
        ((row.id, cluster_of.get(row.external_id)) for row in rows),
    )
    run_query(connection, "catalog/assign_clusters")
    # Only a cluster that one of these postings was in can be empty now.
    left = {row.cluster_id for row in rows} - {None}
    connection.execute(
        text(
            "DELETE FROM job_clusters WHERE id = ANY(:left) "
            "AND NOT EXISTS (SELECT FROM jobs WHERE jobs.cluster_id = job_clusters.id)"
        ),
        {"left": list(left)},
    )
    connection.execute(text("DROP TABLE staged_clusters"))

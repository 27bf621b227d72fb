-- Purpose: of the newest open postings, how many are in clusters, and how many pairs with the same company, title and
--          text are not in one cluster (there should be none).
-- Parameters: limit (postings examined).
-- Indexes: jobs_open, jobs_ad_key.
WITH newest AS (
    SELECT id, ad_key, text_hash, cluster_id FROM jobs WHERE closed_at IS NULL ORDER BY date_created DESC LIMIT :limit
)
SELECT count(*) AS postings, count(cluster_id) AS in_clusters, count(DISTINCT cluster_id) AS clusters,
       (
           SELECT count(*) FROM newest AS a
           JOIN jobs AS b ON b.ad_key = a.ad_key AND b.text_hash = a.text_hash AND b.id < a.id AND b.closed_at IS NULL
           WHERE a.cluster_id IS DISTINCT FROM b.cluster_id OR a.cluster_id IS NULL
       ) AS ungrouped_pairs
FROM newest

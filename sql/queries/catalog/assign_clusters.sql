-- Purpose: assign postings to their clusters and create missing clusters. Rows that are in the right cluster already
--          are not touched.
-- Parameters: none; reads the temporary table staged_clusters (id, cluster_key).
-- Indexes: job_clusters_cluster_key_key, jobs_pkey, jobs_cluster_id.
WITH known AS (
    INSERT INTO job_clusters (cluster_key)
    SELECT DISTINCT cluster_key FROM staged_clusters WHERE cluster_key IS NOT NULL ORDER BY cluster_key
    ON CONFLICT (cluster_key) DO UPDATE SET cluster_key = excluded.cluster_key
    RETURNING id, cluster_key
)
UPDATE jobs
SET cluster_id = known.id
FROM staged_clusters AS s
LEFT JOIN known USING (cluster_key)
WHERE jobs.id = s.id
  AND jobs.cluster_id IS DISTINCT FROM known.id

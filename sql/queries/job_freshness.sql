-- Purpose: the median of the seconds from a posting's date_created to its first row here, and the duplicates:
--          postings that share their cluster with an earlier one.
-- Parameters: none.
-- Indexes: none; one scan of jobs.
SELECT
    percentile_cont(0.5) WITHIN GROUP (
        ORDER BY CAST(extract(epoch FROM inserted_at - date_created) AS double precision)
    ) AS median_seconds_to_insert,
    count(cluster_id) - count(DISTINCT cluster_id) AS duplicates
FROM jobs

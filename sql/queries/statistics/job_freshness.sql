-- Purpose: median of the seconds from a posting's date_created to its first row here, and the number of duplicates:
--          postings that share a cluster with an earlier one.
-- Parameters: none.
-- Indexes: jobs_cluster_id for the duplicates; one scan of jobs for the median, whose sort fits into 64 MB of
--          work_mem for about a million postings. Intervals are sorted as they are: converted to seconds, each
--          would be a numeric.
SELECT
    (
        SELECT CAST(
            extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY inserted_at - date_created)) AS double precision
        )
        FROM jobs
    ) AS median_seconds_to_insert,
    (SELECT count(*) - count(DISTINCT cluster_id) FROM jobs WHERE cluster_id IS NOT NULL) AS duplicates

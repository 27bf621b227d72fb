-- Purpose: number of postings in each of these hours that a complete sweep has covered.
-- Parameters: hours (timestamptz[]).
-- Indexes: jobs_collection_hour, job_pages_window.
SELECT hour, (SELECT count(*) FROM jobs WHERE collection_hour = hour) AS postings
FROM unnest(CAST(:hours AS timestamptz[])) AS hour
WHERE EXISTS (
    SELECT FROM job_pages
    WHERE last_page AND status = 200 AND endpoint IN ('1h', '24h', '7d', '6m')
      AND window_start <= hour AND window_end > hour
)
ORDER BY hour

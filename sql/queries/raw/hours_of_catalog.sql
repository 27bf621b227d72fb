-- Purpose: every hour of a range, whether a complete sweep covered it, and how many postings it has.
-- Parameters: start, end (timestamptz).
-- Indexes: job_pages_window, jobs_collection_hour.
SELECT hour,
       EXISTS (
           SELECT FROM job_pages
           WHERE last_page AND status = 200 AND endpoint IN ('1h', '24h', '7d', '6m')
             AND window_start <= hour AND window_end > hour
       ) AS fetched,
       (SELECT count(*) FROM jobs WHERE collection_hour = hour) AS postings
FROM generate_series(
    CAST(:start AS timestamptz), CAST(:end AS timestamptz) - interval '1 hour', interval '1 hour'
) AS hour
ORDER BY hour

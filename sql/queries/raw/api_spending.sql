-- Purpose: job credits of the responses of the last hour, day and week, requests of the week, and the time of its first
--          request.
-- Parameters: now (timestamptz).
-- Indexes: job_pages_fetched_at.
SELECT
    coalesce(sum(credits) FILTER (WHERE fetched_at > CAST(:now AS timestamptz) - interval '1 hour'), 0) AS credits_last_hour,
    coalesce(sum(credits) FILTER (WHERE fetched_at > CAST(:now AS timestamptz) - interval '1 day'), 0) AS credits_last_day,
    coalesce(sum(credits), 0) AS credits_last_week,
    count(*) AS requests_last_week,
    min(fetched_at) AS first_fetched_at
FROM (
    SELECT fetched_at,
           CASE WHEN endpoint IN ('1h', '24h', '7d', '6m') AND status = 200 THEN coalesce(record_count, 0) ELSE 0 END
               AS credits
    FROM job_pages
    WHERE fetched_at > CAST(:now AS timestamptz) - interval '7 days'
) AS spent

-- Purpose: job credits of the responses of the last hour, day and week without backfills, those of backfills in the
--          week, requests of the week, and the time of its first request. A backfill reads the 7d or the 6m feed.
-- Parameters: now (timestamptz).
-- Indexes: job_pages_fetched_at.
SELECT
    coalesce(sum(credits) FILTER (WHERE NOT backfill AND fetched_at > CAST(:now AS timestamptz) - interval '1 hour'), 0)
        AS credits_last_hour,
    coalesce(sum(credits) FILTER (WHERE NOT backfill AND fetched_at > CAST(:now AS timestamptz) - interval '1 day'), 0)
        AS credits_last_day,
    coalesce(sum(credits) FILTER (WHERE NOT backfill), 0) AS credits_last_week,
    coalesce(sum(credits) FILTER (WHERE backfill), 0) AS backfill_credits_last_week,
    count(*) AS requests_last_week,
    min(fetched_at) AS first_fetched_at
FROM (
    SELECT fetched_at,
           endpoint IN ('7d', '6m') AS backfill,
           CASE WHEN endpoint IN ('1h', '24h', '7d', '6m') AND status = 200 THEN coalesce(record_count, 0) ELSE 0 END
               AS credits
    FROM job_pages
    WHERE fetched_at > CAST(:now AS timestamptz) - interval '7 days'
) AS spent

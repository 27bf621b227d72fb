-- Purpose: hours of a range whose sweep with these filters stopped early: at the page limit, at the credit reserve, on
--          a failure, or because the run was killed. Hours that another sweep has covered are included.
-- Parameters: start, end (timestamptz), filters (jsonb text).
-- Indexes: job_pages_fetched_at.
SELECT DISTINCT hour
FROM (
    SELECT window_start, window_end
    FROM job_pages
    WHERE fetched_at > CAST(:start AS timestamptz) - interval '1 day'
      AND endpoint IN ('1h', '24h')
      AND filters = CAST(:filters AS jsonb)
      AND window_start < :end
      AND window_end > :start
    GROUP BY sweep_id, window_start, window_end
    HAVING NOT bool_or(last_page AND status = 200)
) AS cut
CROSS JOIN LATERAL generate_series(
    greatest(window_start, CAST(:start AS timestamptz)),
    least(window_end, CAST(:end AS timestamptz)) - interval '1 hour',
    interval '1 hour'
) AS hour
ORDER BY hour

-- Purpose: hours of a range that a complete sweep with these filters (NULL: with any) has covered.
-- Parameters: start, end (timestamptz), filters (jsonb text).
-- Indexes: job_pages_window.
SELECT DISTINCT hour
FROM job_pages
CROSS JOIN LATERAL generate_series(
    greatest(window_start, CAST(:start AS timestamptz)),
    least(window_end, CAST(:end AS timestamptz)) - interval '1 hour',
    interval '1 hour'
) AS hour
WHERE last_page
  AND status = 200
  AND endpoint IN ('1h', '24h', '7d', '6m')
  AND filters = coalesce(CAST(:filters AS jsonb), filters)
  AND window_start < :end
  AND window_end > :start
ORDER BY hour

-- Purpose: the newest walk through a feed, if it ended before its last page, and where it can go on. A walk that
--          was cut and then gone on with to its end is not the newest one.
-- Parameters: endpoint, filters (jsonb text), since (timestamptz; older walks are not gone on with).
-- Indexes: job_pages_fetched_at.
SELECT window_start, window_end, page_offset
FROM (
    SELECT window_start, window_end, max(page_offset) AS page_offset, bool_or(last_page) AS ended
    FROM job_pages
    WHERE fetched_at > :since
      AND endpoint = :endpoint
      AND filters = CAST(:filters AS jsonb)
      AND status = 200
      AND record_count IS NOT NULL
    GROUP BY sweep_id, window_start, window_end
    ORDER BY max(id) DESC
    LIMIT 1
) AS newest
WHERE NOT ended

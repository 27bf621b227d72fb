-- Purpose: the newest sweep of a feed, if it stopped before its last page, and the page at which it can be resumed. A
--          sweep that was resumed and finished is no longer the newest.
-- Parameters: endpoint, filters (jsonb text), since (timestamptz; older sweeps are not resumed).
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

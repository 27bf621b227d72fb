-- Purpose: the newest walk through a feed that ended before its last page, and where it can go on.
-- Parameters: endpoint, filters (jsonb text), since (timestamptz; older walks are not gone on with).
-- Indexes: job_pages_fetched_at.
SELECT window_start, window_end, max(page_offset) AS page_offset, sum(record_count) AS records
FROM job_pages
WHERE fetched_at > :since
  AND endpoint = :endpoint
  AND filters = CAST(:filters AS jsonb)
  AND status = 200
  AND record_count IS NOT NULL
GROUP BY sweep_id, window_start, window_end
HAVING NOT bool_or(last_page)
ORDER BY max(fetched_at) DESC
LIMIT 1

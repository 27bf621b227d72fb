-- Purpose: the ten newest responses that a run fetched, for the preview in the UI.
-- Parameters: run_id.
-- Indexes: job_pages_fetched_at (a run takes less than a day).
SELECT id, endpoint, window_start, page_offset, status, record_count, octet_length(body) AS bytes, last_page
FROM job_pages
WHERE run_id = :run_id
  AND fetched_at > now() - interval '1 day'
ORDER BY id DESC
LIMIT 10

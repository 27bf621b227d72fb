-- Purpose: responses of the API, of the last `days`, that name an id: where a posting that is not stored was seen.
-- Parameters: external_id, days.
-- Indexes: job_pages_fetched_at; the bodies are searched one by one, newest first.
SELECT id, endpoint
FROM job_pages
WHERE fetched_at > now() - make_interval(days => :days)
  AND position(convert_to(:external_id, 'UTF8') IN body) > 0
ORDER BY id DESC
LIMIT 5

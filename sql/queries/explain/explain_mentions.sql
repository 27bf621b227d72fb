-- Purpose: responses of the API, of the last `days`, that have a record of an id or list it as expired: where a posting
--          that is not stored was seen. An id inside another number or text is none.
-- Parameters: external_id, pattern (regular expression of the id as a JSON value), days.
-- Indexes: job_pages_fetched_at; the bodies are searched one by one, newest first.
SELECT id, endpoint
FROM job_pages
WHERE fetched_at > now() - make_interval(days => :days)
  AND position(convert_to(:external_id, 'UTF8') IN body) > 0
  -- Every byte is a letter of LATIN1, so that no body fails.
  AND convert_from(body, 'LATIN1') ~ :pattern
ORDER BY id DESC
LIMIT 5

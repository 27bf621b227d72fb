-- Purpose: ten of the postings that were closed at a given time, for the preview in the UI.
-- Parameters: closed_at (timestamptz).
-- Indexes: none; one scan of jobs a day.
SELECT external_id, title, company, date_created, date_validthrough, closed_reason
FROM jobs
WHERE closed_at = :closed_at
ORDER BY id
LIMIT 10

-- Purpose: drop old quarantined records whose posting arrived intact with a later page.
-- Parameters: before (timestamptz).
-- Indexes: none; the quarantine is small.
DELETE FROM quarantined_records AS q
USING jobs
WHERE jobs.external_id = q.external_id
  AND jobs.page_id > q.page_id
  AND q.quarantined_at < CAST(:before AS timestamptz)
RETURNING q.id

-- Purpose: close open postings whose own date has passed, or that are older than the vendor keeps them.
-- Parameters: now, oldest (postings with an earlier date_created are closed).
-- Indexes: jobs_open.
UPDATE jobs
SET closed_at = :now,
    closed_reason = CASE WHEN date_validthrough < :now THEN 'valid_through' ELSE 'age' END,
    updated_at = now()
WHERE closed_at IS NULL
  AND (date_validthrough < :now OR date_created < :oldest)
RETURNING closed_reason

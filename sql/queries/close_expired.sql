-- Purpose: close open postings that the vendor lists as expired.
-- Parameters: external_ids (text[]), now.
-- Indexes: jobs_external_id_key.
UPDATE jobs
SET closed_at = :now, closed_reason = 'expired', updated_at = now()
WHERE external_id = ANY(:external_ids)
  AND closed_at IS NULL
RETURNING id

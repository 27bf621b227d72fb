-- Purpose: close open postings that the vendor lists as expired, unless a page newer than the list has them.
-- Parameters: external_ids (text[]), listed_at (when the list was fetched).
-- Indexes: jobs_external_id_key, job_sightings_pkey.
UPDATE jobs
SET closed_at = CAST(:listed_at AS timestamptz), closed_reason = 'expired', updated_at = now()
WHERE external_id = ANY(:external_ids)
  AND closed_at IS NULL
  AND NOT EXISTS (SELECT FROM job_sightings AS s WHERE s.job_id = jobs.id AND s.last_seen_at > CAST(:listed_at AS timestamptz))
RETURNING id

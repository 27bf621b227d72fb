-- Purpose: pages that the current normaliser has not loaded yet, oldest first, without their bodies.
-- Parameters: normaliser_version.
-- Indexes: job_pages_normaliser_version.
SELECT id, fetched_at
FROM job_pages
WHERE normaliser_version IS DISTINCT FROM :normaliser_version
  AND status = 200
  AND endpoint <> 'expired'
  AND body_removed_at IS NULL
ORDER BY id

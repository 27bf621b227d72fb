-- Purpose: remove the bodies of old responses that nothing depends on: no posting's current version came from them,
--          no quarantined record waits in them, and they are loaded. Lists of expired postings are removed later,
--          since a rebuild applies them again. The rows stay. At most `limit` at a time.
-- Parameters: before, lists_before (timestamptz), normaliser_version, limit.
-- Indexes: job_pages_fetched_at, jobs_page_id, quarantined_records_page_id_page_position_key.
UPDATE job_pages SET body = ''::bytea, body_removed_at = now()
FROM (
    SELECT id, octet_length(body) AS bytes
    FROM job_pages AS p
    WHERE fetched_at < CAST(:before AS timestamptz)
      AND body_removed_at IS NULL
      AND (endpoint <> 'expired' OR status <> 200 OR fetched_at < CAST(:lists_before AS timestamptz))
      AND (status <> 200 OR endpoint = 'expired' OR record_count IS NULL OR normaliser_version = :normaliser_version)
      AND NOT EXISTS (SELECT FROM jobs WHERE jobs.page_id = p.id)
      AND NOT EXISTS (SELECT FROM quarantined_records AS q WHERE q.page_id = p.id)
    ORDER BY fetched_at
    LIMIT :limit
) AS old
WHERE job_pages.id = old.id
RETURNING old.bytes

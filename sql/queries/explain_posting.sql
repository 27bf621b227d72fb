-- Purpose: a posting with all its columns, the page that brought this version, and its sightings.
-- Parameters: external_id.
-- Indexes: jobs_external_id_key, job_pages_pkey, job_sightings_pkey.
SELECT jobs.*, p.endpoint, p.generation, p.fetched_at, p.sha256 AS page_sha256, p.run_id AS page_run_id, p.body,
       p.page_offset, p.normaliser_version, s.first_seen_at, s.last_seen_at, s.sightings
FROM jobs
JOIN job_pages AS p ON p.id = jobs.page_id
LEFT JOIN job_sightings AS s ON s.job_id = jobs.id
WHERE jobs.external_id = :external_id

-- Purpose: a posting with all its columns, the page that brought this version, its sightings, and its facts as they
--          were stored last.
-- Parameters: external_id.
-- Indexes: jobs_external_id_key, job_pages_pkey, job_sightings_pkey, job_facts_pkey.
SELECT jobs.*, p.endpoint, p.generation, p.fetched_at, p.sha256 AS page_sha256, p.run_id AS page_run_id, p.body,
       p.page_offset, p.normaliser_version, f.skills AS fact_skills, f.experience_level AS fact_experience_level,
       f.industries AS fact_industries, f.work_arrangement AS fact_work_arrangement, f.derived AS facts_derived,
       f.record_hash AS facts_record_hash, s.first_seen_at, s.last_seen_at, s.sightings
FROM jobs
JOIN job_pages AS p ON p.id = jobs.page_id
LEFT JOIN job_sightings AS s ON s.job_id = jobs.id
LEFT JOIN job_facts AS f ON f.job_id = jobs.id
WHERE jobs.external_id = :external_id

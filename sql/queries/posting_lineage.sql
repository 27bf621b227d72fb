-- Purpose: where a posting came from and what became of it.
-- Parameters: external_id.
-- Indexes: jobs_external_id_key, job_pages_pkey, job_sightings_pkey.
SELECT jobs.external_id, jobs.title, jobs.company, jobs.location, jobs.source, jobs.url, jobs.date_created,
       jobs.closed_at, jobs.closed_reason, jobs.modified_fields, jobs.page_position, jobs.record_hash,
       jobs.text_hash, jobs.run_id, jobs.ai_key_skills, jobs.ai_experience_level, jobs.ai_taxonomies_a,
       jobs.ai_work_arrangement, jobs.ai_keywords, jobs.ai_core_responsibilities, jobs.ai_requirements_summary,
       jobs.description, p.id AS page_id, p.endpoint, p.generation, p.fetched_at, p.sha256 AS page_sha256,
       s.first_seen_at, s.last_seen_at, s.sightings
FROM jobs
JOIN job_pages AS p ON p.id = jobs.page_id
LEFT JOIN job_sightings AS s ON s.job_id = jobs.id
WHERE jobs.external_id = :external_id

-- Purpose: the columns that facts are derived from. The ad's text comes only where the vendor's fields leave something
--          open.
-- Parameters: job_ids (bigint[]).
-- Indexes: jobs_pkey.
SELECT jobs.id, jobs.record_hash, jobs.title, jobs.location, jobs.ai_key_skills, jobs.ai_experience_level,
       jobs.ai_taxonomies_a, jobs.ai_work_arrangement,
       CASE WHEN jobs.ai_key_skills IS NULL OR jobs.ai_experience_level IS NULL OR jobs.ai_work_arrangement IS NULL
            THEN jobs.description END AS description
FROM unnest(CAST(:job_ids AS bigint[])) AS chosen (job_id)
JOIN jobs ON jobs.id = chosen.job_id
ORDER BY jobs.id

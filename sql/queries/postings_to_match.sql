-- Purpose: what the matching engine needs of the chosen postings.
-- Parameters: none; reads the temporary table postings_to_match. The ad's text comes only where the vendor
--             named no skills, to look for them in it.
-- Indexes: jobs_pkey.
SELECT jobs.id, p.record_hash, jobs.ai_key_skills, jobs.ai_experience_level, jobs.ai_taxonomies_a,
       jobs.ai_work_arrangement, jobs.title,
       CASE WHEN jobs.ai_key_skills IS NULL THEN jobs.description END AS description
FROM postings_to_match AS p
JOIN jobs ON jobs.id = p.job_id
ORDER BY jobs.id

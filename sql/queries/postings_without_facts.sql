-- Purpose: what facts are read from, for the chosen postings that lack them in this version.
-- Parameters: facts_version; reads the temporary table postings_to_match. The ad's text comes only where the
--             vendor's fields leave something open.
-- Indexes: jobs_pkey, job_facts_pkey.
SELECT jobs.id, jobs.record_hash, jobs.title, jobs.location, jobs.ai_key_skills, jobs.ai_experience_level,
       jobs.ai_taxonomies_a, jobs.ai_work_arrangement,
       CASE WHEN jobs.ai_key_skills IS NULL OR jobs.ai_experience_level IS NULL OR jobs.ai_work_arrangement IS NULL
            THEN jobs.description END AS description
FROM postings_to_match AS p
JOIN jobs ON jobs.id = p.job_id
LEFT JOIN job_facts AS f ON f.job_id = p.job_id
WHERE (f.record_hash, f.facts_version) IS DISTINCT FROM (jobs.record_hash, :facts_version)
ORDER BY jobs.id

-- Purpose: what facts are read from, for the chosen postings that lack them in this version.
-- Parameters: facts_version; reads the temporary table postings_to_match. The ad's text comes only where the
--             vendor's fields leave something open.
-- Indexes: job_facts_pkey, jobs_pkey.
WITH stale AS MATERIALIZED (
    SELECT p.job_id
    FROM postings_to_match AS p
    LEFT JOIN job_facts AS f USING (job_id)
    WHERE (f.record_hash, f.facts_version) IS DISTINCT FROM (p.record_hash, :facts_version)
)
SELECT jobs.id, jobs.record_hash, jobs.title, jobs.location, jobs.ai_key_skills, jobs.ai_experience_level,
       jobs.ai_taxonomies_a, jobs.ai_work_arrangement,
       CASE WHEN jobs.ai_key_skills IS NULL OR jobs.ai_experience_level IS NULL OR jobs.ai_work_arrangement IS NULL
            THEN jobs.description END AS description
FROM stale
JOIN jobs ON jobs.id = stale.job_id
ORDER BY jobs.id

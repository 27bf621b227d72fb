-- Purpose: how many open postings have skills and industries.
-- Parameters: none.
-- Indexes: none; one scan of jobs.
SELECT count(*) AS postings, count(ai_key_skills) AS with_skills, count(ai_taxonomies_a) AS with_industries
FROM jobs
WHERE closed_at IS NULL

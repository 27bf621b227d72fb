-- Purpose: the facts of the chosen postings, as the matching engine takes them.
-- Parameters: none; reads the temporary table postings_to_match.
-- Indexes: job_facts_pkey.
SELECT p.job_id AS id, p.record_hash, f.skills, f.experience_level, f.industries, f.work_arrangement, f.derived
FROM postings_to_match AS p
JOIN job_facts AS f USING (job_id)
ORDER BY p.job_id

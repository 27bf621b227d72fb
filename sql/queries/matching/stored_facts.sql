-- Purpose: the facts of postings that are stored in this version of the reading; columns in the order of PostingFacts.
-- Parameters: job_ids (bigint[]), facts_version.
-- Indexes: job_facts_pkey.
SELECT job_id, record_hash, skills, experience_level, industries, work_arrangement, derived,
       title_words, optional_skills
FROM unnest(CAST(:job_ids AS bigint[])) AS chosen (job_id)
JOIN job_facts USING (job_id)
WHERE facts_version = :facts_version

-- Purpose: write the facts that were read of postings.
-- Parameters: none; reads the temporary table staged_facts.
-- Indexes: job_facts_pkey.
INSERT INTO job_facts AS known (
    job_id, record_hash, facts_version, skills, experience_level, industries, work_arrangement, derived,
    title_words, optional_skills
)
SELECT job_id, record_hash, facts_version, skills, experience_level, industries, work_arrangement, derived,
    title_words, optional_skills
FROM staged_facts
ORDER BY job_id
ON CONFLICT (job_id) DO UPDATE SET
    record_hash = excluded.record_hash, facts_version = excluded.facts_version, skills = excluded.skills,
    experience_level = excluded.experience_level, industries = excluded.industries,
    work_arrangement = excluded.work_arrangement, derived = excluded.derived,
    title_words = excluded.title_words, optional_skills = excluded.optional_skills, read_at = now()

-- Purpose: the columns of postings that are screened, compared and sent, and the facts that the matching stored of
--          exactly this version.
-- Parameters: job_ids (bigint[]).
-- Indexes: jobs_pkey, job_facts_pkey.
SELECT jobs.id, jobs.text_hash, jobs.title, jobs.company, jobs.location, jobs.description, jobs.ai_key_skills,
       jobs.ai_keywords, jobs.ai_experience_level, jobs.ai_work_arrangement, jobs.ai_taxonomies_a,
       jobs.ai_core_responsibilities, jobs.ai_requirements_summary, jobs.ai_education_requirements,
       jobs.ai_job_language, f.job_id IS NOT NULL AS has_facts, f.skills, f.experience_level, f.industries,
       f.work_arrangement, f.derived
FROM jobs
LEFT JOIN job_facts AS f ON f.job_id = jobs.id AND f.record_hash = jobs.record_hash
WHERE jobs.id = ANY(:job_ids)

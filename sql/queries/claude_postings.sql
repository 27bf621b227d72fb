-- Purpose: what of postings is screened, compared and asked about.
-- Parameters: job_ids (bigint[]).
-- Indexes: jobs_pkey.
SELECT id, text_hash, title, company, description, ai_key_skills, ai_keywords, ai_experience_level,
       ai_work_arrangement, ai_taxonomies_a, ai_core_responsibilities, ai_requirements_summary,
       ai_education_requirements, ai_job_language
FROM jobs
WHERE id = ANY(:job_ids)

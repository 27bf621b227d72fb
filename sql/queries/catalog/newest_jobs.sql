-- Purpose: postings without their long texts, newest first.
-- Parameters: only_open, since (created by the vendor then or later; NULL: any time), source (NULL: any), most (rows).
-- Indexes: jobs_open for open postings; else one scan of jobs.
SELECT external_id, title, company, location, url, source, date_posted, date_created, date_validthrough, closed_at,
       closed_reason, cities_derived, regions_derived, countries_derived, remote_derived,
       ai_work_arrangement, ai_experience_level, ai_employment_type, ai_job_language, ai_key_skills, ai_keywords,
       ai_taxonomies_a, ai_education_requirements, ai_visa_sponsorship,
       -- The salary as in the view open_jobs.
       coalesce(salary_currency, ai_salary_currency) AS currency,
       coalesce(salary_min, ai_salary_minvalue, ai_salary_value) AS salary_from,
       coalesce(salary_max, ai_salary_maxvalue, ai_salary_value) AS salary_to,
       coalesce(salary_unit, ai_salary_unittext) AS salary_unit
FROM jobs
WHERE (NOT CAST(:only_open AS boolean) OR closed_at IS NULL)
  AND (CAST(:since AS timestamptz) IS NULL OR date_created >= :since)
  AND (CAST(:source AS text) IS NULL OR source = :source)
ORDER BY date_created DESC, id DESC
LIMIT :most

-- Open postings without hashes and provenance; order by date_created DESC for the newest.
-- Indexes: jobs_open and the other jobs_open_* indexes (a company: left(lower(company), 200) = ...), the GIN indexes on
--          skills, keywords, taxonomies and search_text.
CREATE VIEW open_jobs WITH (security_invoker = true) AS
SELECT jobs.id, jobs.external_id, jobs.title, jobs.company, jobs.location, jobs.url, jobs.source,
       jobs.date_posted, jobs.date_created, jobs.date_validthrough,
       jobs.cities_derived, jobs.countries_derived,
       jobs.ai_work_arrangement, jobs.ai_experience_level, jobs.ai_employment_type, jobs.ai_job_language,
       jobs.ai_key_skills, jobs.ai_keywords, jobs.ai_taxonomies_a, jobs.ai_education_requirements,
       coalesce(jobs.salary_currency, jobs.ai_salary_currency) AS currency,
       coalesce(jobs.salary_min, jobs.ai_salary_minvalue, jobs.ai_salary_value) AS salary_from,
       coalesce(jobs.salary_max, jobs.ai_salary_maxvalue, jobs.ai_salary_value) AS salary_to,
       coalesce(jobs.salary_unit, jobs.ai_salary_unittext) AS salary_unit,
       jobs.ai_visa_sponsorship, jobs.ai_benefits, jobs.description, jobs.search_text, jobs.cluster_id
FROM jobs
WHERE jobs.closed_at IS NULL;
COMMENT ON VIEW open_jobs IS 'One row per open posting; the salary is the stated one, else the one that the vendor read from the text';

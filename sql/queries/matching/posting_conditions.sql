-- Purpose: what users may ask of the chosen postings, in the order of postings_to_match.sql.
-- Parameters: none; reads the temporary table postings_to_match. Amounts come as the arithmetic takes them.
-- Indexes: jobs_pkey, job_facts_pkey.
SELECT f.work_arrangement, jobs.company, jobs.location, jobs.cities_derived, jobs.regions_derived,
       jobs.countries_derived, jobs.remote_derived, jobs.ai_salary_minvalue::double precision AS ai_salary_minvalue,
       jobs.ai_salary_maxvalue::double precision AS ai_salary_maxvalue,
       jobs.ai_salary_value::double precision AS ai_salary_value,
       jobs.ai_salary_unittext, jobs.ai_salary_currency, jobs.ai_visa_sponsorship, jobs.ai_job_language
FROM postings_to_match AS p
JOIN job_facts AS f USING (job_id)
JOIN jobs ON jobs.id = p.job_id
ORDER BY p.job_id

-- Purpose: what postings say about what users may ask. Amounts come as the arithmetic takes them.
-- Parameters: job_ids (bigint[]).
-- Indexes: jobs_pkey.
SELECT jobs.company, jobs.location, jobs.cities_derived, jobs.regions_derived, jobs.countries_derived,
       jobs.lats_derived, jobs.lngs_derived,
       jobs.remote_derived, jobs.ai_salary_minvalue::double precision AS ai_salary_minvalue,
       jobs.ai_salary_maxvalue::double precision AS ai_salary_maxvalue,
       jobs.ai_salary_value::double precision AS ai_salary_value,
       jobs.ai_salary_unittext, jobs.ai_salary_currency, jobs.ai_visa_sponsorship, jobs.ai_job_language
FROM unnest(CAST(:job_ids AS bigint[])) AS chosen (job_id)
JOIN jobs ON jobs.id = chosen.job_id
ORDER BY jobs.id

-- Purpose: what the matching engine needs of the chosen postings: their facts, and what users may ask about.
-- Parameters: none; reads the temporary table postings_to_match.
-- Indexes: jobs_pkey, job_facts_pkey.
SELECT jobs.id, p.record_hash, f.skills, f.experience_level, f.industries, f.work_arrangement, f.derived,
       jobs.company, jobs.location, jobs.cities_derived, jobs.regions_derived, jobs.countries_derived,
       jobs.remote_derived, jobs.ai_salary_minvalue, jobs.ai_salary_maxvalue, jobs.ai_salary_value,
       jobs.ai_salary_unittext, jobs.ai_salary_currency, jobs.ai_visa_sponsorship, jobs.ai_job_language
FROM postings_to_match AS p
JOIN jobs ON jobs.id = p.job_id
JOIN job_facts AS f ON f.job_id = p.job_id
ORDER BY jobs.id

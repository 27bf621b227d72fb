-- Purpose: postings in all and by source, work arrangement, experience level and language (grouping 0 names the
--          whole, else the one dimension), with open ones, those discovered in the last 24 hours and how many
--          rows have a value in each AI field.
-- Parameters: now, the time to count the 24 hours back from.
-- Indexes: none; one scan of jobs in parallel, then sums over its few thousand groups.
WITH counted AS (
    SELECT source, ai_work_arrangement, ai_experience_level, ai_job_language,
           count(*) AS jobs,
           count(*) FILTER (WHERE closed_at IS NULL) AS open_jobs,
           count(*) FILTER (
               WHERE date_created > CAST(:now AS timestamptz) - interval '24 hours'
               AND date_created <= CAST(:now AS timestamptz)
           ) AS jobs_last_24_hours,
           max(date_created) AS newest_date_created,
           count(ai_salary_currency) AS ai_salary_currency,
           count(ai_salary_value) AS ai_salary_value,
           count(ai_salary_minvalue) AS ai_salary_minvalue,
           count(ai_salary_maxvalue) AS ai_salary_maxvalue,
           count(ai_salary_unittext) AS ai_salary_unittext,
           count(ai_benefits) AS ai_benefits,
           count(ai_work_arrangement_office_days) AS ai_work_arrangement_office_days,
           count(ai_remote_location) AS ai_remote_location,
           count(ai_remote_location_derived) AS ai_remote_location_derived,
           count(ai_key_skills) AS ai_key_skills,
           count(ai_keywords) AS ai_keywords,
           count(ai_taxonomies_a) AS ai_taxonomies_a,
           count(ai_core_responsibilities) AS ai_core_responsibilities,
           count(ai_requirements_summary) AS ai_requirements_summary,
           count(ai_education_requirements) AS ai_education_requirements,
           count(ai_working_hours) AS ai_working_hours,
           count(ai_employment_type) AS ai_employment_type,
           count(ai_visa_sponsorship) AS ai_visa_sponsorship
    FROM jobs
    GROUP BY source, ai_work_arrangement, ai_experience_level, ai_job_language
)

-- Purpose: number of all postings, of open postings, and of those discovered in the last 24 hours, the newest one,
--          and the number of postings with a value for each AI field. Discovered means indexed by the vendor, which
--          is the catalog's time axis: a backfill of old hours does not look like news.
-- Parameters: now (timestamptz, end of the 24 hours).
-- Indexes: none; one parallel scan of jobs.
SELECT
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
    count(ai_experience_level) AS ai_experience_level,
    count(ai_work_arrangement) AS ai_work_arrangement,
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
    count(ai_job_language) AS ai_job_language,
    count(ai_visa_sponsorship) AS ai_visa_sponsorship
FROM jobs

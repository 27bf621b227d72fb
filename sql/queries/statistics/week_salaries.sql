-- Purpose: stated salaries of the postings of a range, as the ad or the vendor gives them.
-- Parameters: start, end (timestamptz).
-- Indexes: jobs_collection_hour.
SELECT ai_taxonomies_a[1] AS field, ai_experience_level AS level,
       coalesce(ai_salary_currency, salary_currency) AS currency,
       CASE WHEN ai_salary_unittext IS NULL THEN salary_unit ELSE ai_salary_unittext END AS unit,
       coalesce(ai_salary_minvalue, ai_salary_value, salary_min) AS low,
       coalesce(ai_salary_maxvalue, ai_salary_value, salary_max) AS high
FROM jobs
WHERE collection_hour >= CAST(:start AS timestamptz) AND collection_hour < CAST(:end AS timestamptz)
  AND coalesce(ai_salary_minvalue, ai_salary_maxvalue, ai_salary_value, salary_min, salary_max) IS NOT NULL

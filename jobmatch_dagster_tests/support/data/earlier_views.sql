-- The views of the versions before `0001.schema`, as `jobmatch migrate` made them then.

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

-- Matches with their posting and the parts of their score: those of open postings, and those with a decision.
-- Indexes: user_job_matches_best, user_job_matches_decided, jobs_pkey.
CREATE VIEW current_matches WITH (security_invoker = true) AS
SELECT users.user_key, m.relevance, m.match_score, m.skills_score, m.experience_score, m.industry_score,
       m.work_arrangement_score, m.semantic_score, m.claude_score, m.claude_status, m.priority, m.status, m.decided_at,
       jobs.external_id, jobs.title, jobs.company, jobs.location, jobs.url, jobs.date_created, jobs.closed_at,
       jobs.ai_work_arrangement, jobs.ai_experience_level, jobs.ai_taxonomies_a,
       m.matching_skills, m.missing_skills, m.match_reasoning, m.key_alignments, m.potential_gaps,
       m.record_hash IS DISTINCT FROM jobs.record_hash AS posting_changed_since, m.updated_at,
       m.id AS match_id, m.user_id, m.job_id
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
WHERE jobs.closed_at IS NULL
   OR m.status <> 'new';
COMMENT ON VIEW current_matches IS 'One row per match of an open posting or with a decision of the user, with the posting and the parts of the score; order by relevance DESC NULLS LAST';

-- Origin of a match: the page of the posting, the version of the profile, the vectors, the calibration and the request
-- to Claude, each with the Dagster run that made it.
-- Indexes: user_job_matches_user_id_job_id_key, primary keys, cv_profiles_user_id_version_key,
--          claude_requests_request_hash_key.
CREATE VIEW match_lineage WITH (security_invoker = true) AS
SELECT users.user_key, jobs.external_id, m.match_score, m.semantic_score, m.claude_score, m.run_id AS match_run_id,
       m.scoring_key, m.updated_at AS matched_at,
       pages.id AS page_id, jobs.page_position, pages.endpoint, pages.generation, pages.sha256 AS page_sha256,
       pages.fetched_at, pages.run_id AS page_run_id, jobs.run_id AS job_run_id, jobs.record_hash,
       m.record_hash AS matched_record_hash,
       profiles.id AS profile_id, m.profile_version, profiles.extractor_version, profiles.run_id AS profile_run_id,
       profiles.document_id,
       m.embedding_model, posting_vector.embedded_at AS posting_embedded_at, posting_vector.run_id AS posting_embedding_run_id,
       profile_vector.embedded_at AS profile_embedded_at, profile_vector.run_id AS profile_embedding_run_id,
       m.calibration_id, calibrations.created_at AS calibrated_at,
       m.claude_request_hash, requests.model AS claude_model, requests.prompt_version, requests.cost_usd,
       requests.answered_at, requests.run_id AS claude_run_id,
       m.user_id, m.job_id
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
JOIN job_pages AS pages ON pages.id = jobs.page_id
LEFT JOIN cv_profiles AS profiles ON profiles.user_id = m.user_id AND profiles.version = m.profile_version
LEFT JOIN job_embeddings AS posting_vector ON posting_vector.job_id = m.job_id AND posting_vector.model = m.embedding_model
LEFT JOIN profile_embeddings AS profile_vector
    ON profile_vector.profile_id = profiles.id AND profile_vector.model = m.embedding_model
LEFT JOIN score_calibrations AS calibrations ON calibrations.id = m.calibration_id
LEFT JOIN claude_requests AS requests ON requests.request_hash = m.claude_request_hash;
COMMENT ON VIEW match_lineage IS 'One row per match with everything it was computed from, each with its Dagster run';

-- Costs of each day (UTC): job credits and requests of the vendor's API; requests, tokens and USD of Claude, for pairs
-- and for profiles. An answer counts on the day it arrived. A call without a recorded answer counts on the day it was
-- made, at the most that it may have cost. Requests of users who were erased later have a column of their own.
-- Indexes: none; the view reads the ledgers completely. A query on the tables for a range of days uses
--          job_pages_fetched_at, claude_requests_answered_at and claude_requests_claimed_at.
CREATE VIEW cost_by_day WITH (security_invoker = true) AS
SELECT coalesce(api.day, claude.day, erased.day) AS day,
       coalesce(api.api_requests, 0) AS api_requests, coalesce(api.api_credits, 0) AS api_credits,
       coalesce(claude.claude_requests, 0) AS claude_requests, claude.input_tokens, claude.output_tokens, claude.cost_usd,
       claude.lost_usd, claude.cache_read_tokens, claude.cache_written_tokens,
       round(1000 * claude.cost_usd / nullif(claude.claude_requests, 0), 4) AS usd_per_1000_requests,
       erased.usd AS erased_cost_usd
FROM (
    SELECT CAST(fetched_at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS api_requests,
           sum(record_count) FILTER (WHERE status = 200 AND endpoint IN ('1h', '24h', '7d', '6m')) AS api_credits
    FROM job_pages
    WHERE endpoint NOT IN ('added', 'legacy')
    GROUP BY 1
) AS api
FULL JOIN (
    SELECT CAST(at AT TIME ZONE 'UTC' AS date) AS day, sum(requests) AS claude_requests,
           sum(CAST(usage ->> 'input_tokens' AS bigint)) AS input_tokens,
           sum(CAST(usage ->> 'output_tokens' AS bigint)) AS output_tokens,
           sum(coalesce(cost_usd, 0) + lost_usd) AS cost_usd, sum(lost_usd) AS lost_usd,
           sum(CAST(usage ->> 'cache_read_input_tokens' AS bigint)) AS cache_read_tokens,
           sum(CAST(usage ->> 'cache_creation_input_tokens' AS bigint)) AS cache_written_tokens
    FROM (
        SELECT answered_at AS at, 1 AS requests, usage, cost_usd, 0 AS lost_usd
        FROM claude_requests WHERE answered_at IS NOT NULL
        UNION ALL
        SELECT claimed_at, 0, NULL, NULL, lost_usd FROM claude_requests WHERE lost_usd > 0
        UNION ALL
        SELECT answered_at, 1, usage, cost_usd, 0 FROM profile_requests WHERE answered_at IS NOT NULL
        UNION ALL
        SELECT claimed_at, 0, NULL, NULL, lost_usd FROM profile_requests WHERE lost_usd > 0
    ) AS ledgers
    GROUP BY 1
) AS claude ON claude.day = api.day
FULL JOIN claude_costs_erased AS erased ON erased.day = coalesce(api.day, claude.day);
COMMENT ON VIEW cost_by_day IS 'One row per day (UTC) with costs: job credits of the API, tokens and USD of Claude; lost_usd is the part of cost_usd that calls without a recorded answer may have cost at most';

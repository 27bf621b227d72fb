-- Purpose: replace a user's preferences. The version rises only if a field differs that matching compares: how a user
--          hears of matches changes none of them. The language of the reasons counts too: they are stored with the matches.
-- Parameters: user_id, locations, max_km, work_arrangements, min_salary, salary_currency, needs_visa, languages,
--             excluded_companies, the weights by part, digest_every, digest_max_matches, digest_min_score, digest_channels, email,
--             quiet_hours, time_zone, explanation_language, source_sha256 (of the preferences file; NULL leaves the stored one).
-- Indexes: user_preferences_pkey.
INSERT INTO user_preferences AS known (
    user_id, locations, max_km, work_arrangements, min_salary, salary_currency, needs_visa, languages, excluded_companies,
    skills_weight, experience_weight, industry_weight, work_arrangement_weight, semantic_weight,
    digest_every, digest_max_matches, digest_min_score, digest_channels, email, quiet_hours, time_zone,
    explanation_language, source_sha256
)
VALUES (
    :user_id, :locations, :max_km, :work_arrangements, :min_salary, :salary_currency, :needs_visa, :languages,
    :excluded_companies, :skills_weight, :experience_weight, :industry_weight,
    :work_arrangement_weight, :semantic_weight,
    :digest_every, :digest_max_matches, :digest_min_score, :digest_channels, :email,
    :quiet_hours, :time_zone, :explanation_language, :source_sha256
)
ON CONFLICT (user_id) DO UPDATE SET
    locations = excluded.locations, max_km = excluded.max_km,
    work_arrangements = excluded.work_arrangements, min_salary = excluded.min_salary,
    salary_currency = excluded.salary_currency, needs_visa = excluded.needs_visa, languages = excluded.languages,
    excluded_companies = excluded.excluded_companies,
    skills_weight = excluded.skills_weight, experience_weight = excluded.experience_weight,
    industry_weight = excluded.industry_weight, work_arrangement_weight = excluded.work_arrangement_weight,
    semantic_weight = excluded.semantic_weight, digest_every = excluded.digest_every,
    digest_max_matches = excluded.digest_max_matches, digest_min_score = excluded.digest_min_score,
    digest_channels = excluded.digest_channels, email = excluded.email,
    quiet_hours = excluded.quiet_hours, time_zone = excluded.time_zone,
    explanation_language = excluded.explanation_language, problem = NULL,
    source_sha256 = coalesce(excluded.source_sha256, known.source_sha256),
    version = known.version + CASE
        WHEN (known.locations, known.max_km, known.work_arrangements, known.min_salary, known.salary_currency, known.needs_visa,
              known.languages, known.excluded_companies,
              known.skills_weight, known.experience_weight, known.industry_weight,
              known.work_arrangement_weight, known.semantic_weight, coalesce(known.explanation_language, 'en'))
            IS DISTINCT FROM (excluded.locations, excluded.max_km, excluded.work_arrangements, excluded.min_salary,
              excluded.salary_currency, excluded.needs_visa, excluded.languages, excluded.excluded_companies,
              excluded.skills_weight, excluded.experience_weight, excluded.industry_weight,
              excluded.work_arrangement_weight, excluded.semantic_weight, coalesce(excluded.explanation_language, 'en'))
        THEN 1 ELSE 0
    END,
    updated_at = now()
RETURNING version

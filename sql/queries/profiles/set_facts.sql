-- Purpose: replace a user's own facts.
-- Parameters: user_id, skills_added, skills_removed, experience_years, experience_level, seniority, industries,
--             languages, source_sha256 (of the profile.toml; NULL leaves the stored one).
-- Indexes: user_facts_pkey.
INSERT INTO user_facts AS known (
    user_id, skills_added, skills_removed, experience_years, experience_level, seniority, industries, languages,
    source_sha256
)
VALUES (
    :user_id, :skills_added, :skills_removed, :experience_years, :experience_level, :seniority, :industries, :languages,
    :source_sha256
)
ON CONFLICT (user_id) DO UPDATE SET
    skills_added = excluded.skills_added, skills_removed = excluded.skills_removed,
    experience_years = excluded.experience_years, experience_level = excluded.experience_level,
    seniority = excluded.seniority, industries = excluded.industries, languages = excluded.languages, problem = NULL,
    source_sha256 = coalesce(excluded.source_sha256, known.source_sha256), updated_at = now()

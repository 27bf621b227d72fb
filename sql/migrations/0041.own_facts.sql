-- What users say about their own work, on top of every reading of their CV.
-- depends: 0040.digest_preferences
CREATE TABLE user_facts (
    user_id          bigint      PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    skills_added     text[],
    skills_removed   text[],
    experience_years numeric CHECK (experience_years BETWEEN 0 AND 80),
    experience_level text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    seniority        text,
    industries       text[],
    languages        text[],
    source_sha256    text,
    problem          text,
    updated_at       timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_facts IS 'One row per user with own facts: what the user says where the CV is silent or was read wrongly. NULL: what the CV says counts.';
COMMENT ON COLUMN user_facts.user_id IS 'The user';
COMMENT ON COLUMN user_facts.skills_added IS 'Skills that the user has, whatever the CV says';
COMMENT ON COLUMN user_facts.skills_removed IS 'Skills that the user does not have, whatever was read from the CV';
COMMENT ON COLUMN user_facts.experience_years IS 'Years of work experience';
COMMENT ON COLUMN user_facts.experience_level IS 'The vendor''s level of experience: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN user_facts.seniority IS 'Seniority';
COMMENT ON COLUMN user_facts.industries IS 'Fields of work in the vendor''s taxonomy (jobs.ai_taxonomies_a)';
COMMENT ON COLUMN user_facts.languages IS 'Spoken languages, English names';
COMMENT ON COLUMN user_facts.source_sha256 IS 'SHA-256 of the profile.toml that was read last; NULL when they were set otherwise';
COMMENT ON COLUMN user_facts.problem IS 'Why the last profile.toml was refused; NULL when it was accepted';
COMMENT ON COLUMN user_facts.updated_at IS 'Last change (UTC)';

ALTER TABLE cv_profiles ADD COLUMN stated text[], ADD COLUMN reading jsonb;
COMMENT ON COLUMN cv_profiles.stated IS 'Fields that the user states (user_facts); NULL when all come from the CV';
COMMENT ON COLUMN cv_profiles.reading IS 'Values that the reading of the CV gave where the user''s facts replaced them, by column; NULL when none were';

-- Users, their CVs and what was read from them. Every row belongs to exactly one user.
-- depends: 0001.catalog

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_key   text        NOT NULL UNIQUE CHECK (user_key <> ''),
    active     boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'One row per person that postings are matched for.';
COMMENT ON COLUMN users.id IS 'Identity, internal';
COMMENT ON COLUMN users.user_key IS 'The caller''s opaque key; it is the Dagster partition key, used as it is';
COMMENT ON COLUMN users.active IS 'Whether hourly runs match this user';
COMMENT ON COLUMN users.created_at IS 'When the user was first seen (UTC)';

CREATE TABLE cv_documents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    file_name   text        NOT NULL,
    content     bytea       NOT NULL,
    sha256      text        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('received', 'read', 'unreadable')),
    reason      text,
    text        text,
    received_at timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz,
    UNIQUE (user_id, sha256),
    CHECK ((status = 'unreadable') = (reason IS NOT NULL)),
    CHECK ((status = 'read') = (text IS NOT NULL))
);
COMMENT ON TABLE cv_documents IS 'One row per CV file of a user (by content). The original is kept until the user has it deleted.';
COMMENT ON COLUMN cv_documents.id IS 'Identity';
COMMENT ON COLUMN cv_documents.user_id IS 'Whose CV it is';
COMMENT ON COLUMN cv_documents.file_name IS 'Name of the file as it was handed in, cleaned of control characters';
COMMENT ON COLUMN cv_documents.content IS 'The file, byte for byte';
COMMENT ON COLUMN cv_documents.sha256 IS 'SHA-256 of the content, hex';
COMMENT ON COLUMN cv_documents.status IS 'received, read or unreadable';
COMMENT ON COLUMN cv_documents.reason IS 'Why it is unreadable';
COMMENT ON COLUMN cv_documents.text IS 'Plain text read from it';
COMMENT ON COLUMN cv_documents.received_at IS 'When this content last landed (UTC); the newest is the current CV';
COMMENT ON COLUMN cv_documents.read_at IS 'When it was read (UTC)';

CREATE TABLE cv_profiles (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id           bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version           integer     NOT NULL CHECK (version > 0),
    document_id       bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    language          text,
    skills            text[],
    experience_years  numeric CHECK (experience_years BETWEEN 0 AND 80),
    experience_level  text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    seniority         text,
    education         text[],
    languages         text[],
    industries        text[],
    work_arrangements text[],
    locations         text[],
    evidence          jsonb       NOT NULL,
    embedding_text    text        NOT NULL,
    text_hash         text        NOT NULL,
    extractor_version integer     NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    run_id            text,
    UNIQUE (user_id, version)
);
COMMENT ON TABLE cv_profiles IS 'One immutable row per version of what was read from a user''s CV; the highest version is current. NULL means unknown.';
COMMENT ON COLUMN cv_profiles.id IS 'Identity';
COMMENT ON COLUMN cv_profiles.user_id IS 'Whose profile it is';
COMMENT ON COLUMN cv_profiles.version IS 'Version, counted from 1 for each user';
COMMENT ON COLUMN cv_profiles.document_id IS 'The CV it was read from';
COMMENT ON COLUMN cv_profiles.language IS 'Language of the CV as an English word';
COMMENT ON COLUMN cv_profiles.skills IS 'Skills found, in the CV''s own spelling';
COMMENT ON COLUMN cv_profiles.experience_years IS 'Years of work experience, overlaps counted once';
COMMENT ON COLUMN cv_profiles.experience_level IS 'The vendor''s level for these years: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN cv_profiles.seniority IS 'Seniority read from titles';
COMMENT ON COLUMN cv_profiles.education IS 'Education levels: high school, bachelor degree, postgraduate degree';
COMMENT ON COLUMN cv_profiles.languages IS 'Languages spoken, English names';
COMMENT ON COLUMN cv_profiles.industries IS 'Fields of work, in the vendor''s taxonomy (jobs.ai_taxonomies_a)';
COMMENT ON COLUMN cv_profiles.work_arrangements IS 'Work arrangements the CV asks for';
COMMENT ON COLUMN cv_profiles.locations IS 'Places the CV asks for or names as home';
COMMENT ON COLUMN cv_profiles.evidence IS 'For each field the pieces of text it was read from';
COMMENT ON COLUMN cv_profiles.embedding_text IS 'Text that stands for the profile when it is embedded';
COMMENT ON COLUMN cv_profiles.text_hash IS 'SHA-256 of embedding_text';
COMMENT ON COLUMN cv_profiles.extractor_version IS 'Version of the extractor that read it';
COMMENT ON COLUMN cv_profiles.created_at IS 'When it was read (UTC)';
COMMENT ON COLUMN cv_profiles.run_id IS 'Dagster run that read it';

CREATE TABLE profile_embeddings (
    profile_id  bigint      NOT NULL REFERENCES cv_profiles (id) ON DELETE CASCADE,
    model       text        NOT NULL,
    text_hash   text        NOT NULL,
    embedding   vector      NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    run_id      text,
    PRIMARY KEY (profile_id, model)
);
ALTER TABLE profile_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE profile_embeddings IS 'One vector per profile version and embedding model. Personal data: erased with the user.';
COMMENT ON COLUMN profile_embeddings.profile_id IS 'The profile version';
COMMENT ON COLUMN profile_embeddings.model IS 'Model, revision, text template and backend that made the vector';
COMMENT ON COLUMN profile_embeddings.text_hash IS 'cv_profiles.text_hash of the text that was embedded';
COMMENT ON COLUMN profile_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN profile_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN profile_embeddings.run_id IS 'Dagster run that computed it';

CREATE TABLE user_preferences (
    user_id            bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    locations          text[],
    work_arrangements  text[],
    min_salary         numeric CHECK (min_salary >= 0),
    salary_currency    text,
    needs_visa         boolean,
    languages          text[],
    excluded_companies text[],
    updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_preferences IS 'One row per user with what the user asked for. NULL means no preference.';
COMMENT ON COLUMN user_preferences.user_id IS 'The user';
COMMENT ON COLUMN user_preferences.locations IS 'Places the user accepts';
COMMENT ON COLUMN user_preferences.work_arrangements IS 'Work arrangements the user accepts (values of jobs.ai_work_arrangement)';
COMMENT ON COLUMN user_preferences.min_salary IS 'Lowest yearly salary the user accepts, in salary_currency';
COMMENT ON COLUMN user_preferences.salary_currency IS 'Currency of min_salary (ISO 4217)';
COMMENT ON COLUMN user_preferences.needs_visa IS 'Whether the user needs visa sponsorship';
COMMENT ON COLUMN user_preferences.languages IS 'Languages an ad may be written in, English names';
COMMENT ON COLUMN user_preferences.excluded_companies IS 'Companies the user does not want to see';
COMMENT ON COLUMN user_preferences.updated_at IS 'When it was last set (UTC)';

CREATE TABLE user_match_state (
    user_id         bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    profile_version integer     NOT NULL,
    scoring_key     text        NOT NULL,
    matched_at      timestamptz NOT NULL DEFAULT now(),
    run_id          text
);
COMMENT ON TABLE user_match_state IS 'One row per user: what the user''s matches were computed from. The truth that the CV sensor looks at.';
COMMENT ON COLUMN user_match_state.user_id IS 'The user';
COMMENT ON COLUMN user_match_state.profile_version IS 'Profile version that is matched against every open posting';
COMMENT ON COLUMN user_match_state.scoring_key IS 'Embedding model, calibration and weights that were used';
COMMENT ON COLUMN user_match_state.matched_at IS 'When (UTC)';
COMMENT ON COLUMN user_match_state.run_id IS 'Dagster run that did it';

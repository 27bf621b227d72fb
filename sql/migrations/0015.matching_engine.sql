-- What is matched of a posting, the evidence behind a match, and the embedding model in force.
-- depends: 0003.matching

CREATE TABLE job_facts (
    job_id           bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash      text        NOT NULL,
    facts_version    text        NOT NULL,
    skills           text[],
    experience_level text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    industries       text[],
    work_arrangement text CHECK (work_arrangement IN ('On-site', 'Hybrid', 'Remote OK', 'Remote Solely')),
    derived          text[],
    read_at          timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);
COMMENT ON TABLE job_facts IS 'One row per posting that was matched: the facts that matching looks at, the vendor''s or, where those are missing, read from the ad itself.';
COMMENT ON COLUMN job_facts.job_id IS 'The posting';
COMMENT ON COLUMN job_facts.record_hash IS 'jobs.record_hash of the version that was read';
COMMENT ON COLUMN job_facts.facts_version IS 'Version of the reading and of its word lists';
COMMENT ON COLUMN job_facts.skills IS 'Skills asked for, in the vendor''s or the ad''s own spelling';
COMMENT ON COLUMN job_facts.experience_level IS 'Experience asked for: 0-2, 2-5, 5-10 or 10+ years';
COMMENT ON COLUMN job_facts.industries IS 'Fields of work, in the vendor''s taxonomy';
COMMENT ON COLUMN job_facts.work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN job_facts.derived IS 'Names of the facts that were read from the ad; they may score a pair, never exclude one';
COMMENT ON COLUMN job_facts.read_at IS 'When (UTC)';

ALTER TABLE user_job_matches ADD COLUMN relevance real CHECK (relevance BETWEEN 0 AND 100);
ALTER TABLE user_job_matches ADD COLUMN skill_hits jsonb;
ALTER TABLE user_job_matches ADD COLUMN filters jsonb;
COMMENT ON COLUMN user_job_matches.relevance IS 'Orders the user''s list, 0..100: semantic likeness first, then field and skills (core/matching/scoring.py)';
COMMENT ON COLUMN user_job_matches.skill_hits IS 'List of [kind, skill of the posting, skill of the CV]; kind is exact, alias, fuzzy, related or category';
COMMENT ON COLUMN user_job_matches.filters IS 'For each filter that the user set: fits or unknown; a pair that does not fit is not kept';
UPDATE user_job_matches SET relevance = match_score WHERE relevance IS NULL;
DROP INDEX user_job_matches_best;
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, relevance DESC NULLS LAST);

CREATE TABLE embedding_models (
    model        text PRIMARY KEY,
    completed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE embedding_models IS 'One row per embedding model that had a vector for every open posting and current profile; the newest is in force until the configured one is complete.';
COMMENT ON COLUMN embedding_models.model IS 'Model, weights, backend and text template';
COMMENT ON COLUMN embedding_models.completed_at IS 'When it first was complete (UTC)';

-- What is stale is found without reading a vector.
CREATE INDEX job_embeddings_text ON job_embeddings (model, job_id) INCLUDE (text_hash);
CREATE INDEX jobs_open_hashes ON jobs (id) INCLUDE (text_hash, record_hash) WHERE closed_at IS NULL;

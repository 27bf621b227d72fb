-- What a conversion of the legacy project's database leaves behind: postings with their records, users' decisions.
-- depends: 0004.integrity

ALTER TABLE job_pages DROP CONSTRAINT job_pages_endpoint_check;
ALTER TABLE job_pages ADD CONSTRAINT job_pages_endpoint_check CHECK (
    endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired', 'added', 'legacy')
);
COMMENT ON COLUMN job_pages.endpoint IS 'Which feed was asked: 1h, 24h, 7d, 6m, modified or expired; added: a record given to the Python API; legacy: rows of the legacy database';

-- A decision that was carried over has no score until its pair is matched.
ALTER TABLE user_job_matches ALTER COLUMN profile_version DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN embedding_model DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN scoring_key DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN record_hash DROP NOT NULL;
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_scores_explained CHECK (
    match_score IS NULL AND semantic_score IS NULL
    OR profile_version IS NOT NULL AND embedding_model IS NOT NULL AND scoring_key IS NOT NULL AND record_hash IS NOT NULL
);
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched; NULL for a decision carried over and not matched yet';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity; NULL until matched';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights that made the scores; NULL until matched';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched; NULL until matched';

CREATE TABLE legacy_conversions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    counts       jsonb       NOT NULL,
    checksums    jsonb       NOT NULL,
    converted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE legacy_conversions IS 'One row when the database was converted from the legacy project: what was found, and the checksums that a way back must reach.';
COMMENT ON COLUMN legacy_conversions.id IS 'Identity';
COMMENT ON COLUMN legacy_conversions.counts IS 'Rows found, converted, refused and carried over';
COMMENT ON COLUMN legacy_conversions.checksums IS 'Checksum of each legacy table before the conversion: rows, columns, indexes, constraints, sequences';
COMMENT ON COLUMN legacy_conversions.converted_at IS 'When (UTC)';

CREATE TABLE legacy_decisions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    legacy_match_id text   NOT NULL,
    external_id     text,
    legacy_status   text   NOT NULL,
    decided_at      timestamptz,
    outcome         text   NOT NULL CHECK (outcome IN ('carried', 'older', 'left')),
    reason          text,
    CHECK ((outcome = 'carried') = (reason IS NULL))
);
CREATE INDEX legacy_decisions_user ON legacy_decisions (user_id);
COMMENT ON TABLE legacy_decisions IS 'One row per decision found in the legacy matches, and what became of it. Belongs to the user.';
COMMENT ON COLUMN legacy_decisions.id IS 'Identity';
COMMENT ON COLUMN legacy_decisions.user_id IS 'The user';
COMMENT ON COLUMN legacy_decisions.legacy_match_id IS 'id of the row in user_job_matches_legacy_backup';
COMMENT ON COLUMN legacy_decisions.external_id IS 'The vendor''s id of the posting, when the legacy tables know it';
COMMENT ON COLUMN legacy_decisions.legacy_status IS 'The status as it stood there';
COMMENT ON COLUMN legacy_decisions.decided_at IS 'When the legacy row last changed (UTC); NULL when it does not say';
COMMENT ON COLUMN legacy_decisions.outcome IS 'carried to user_job_matches; older than another decision on the same posting; or left in the backup';
COMMENT ON COLUMN legacy_decisions.reason IS 'Why it was not carried';

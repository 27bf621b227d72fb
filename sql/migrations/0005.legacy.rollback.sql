DROP TABLE legacy_decisions;
DROP TABLE legacy_conversions;
ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_scores_explained;
-- Decisions that were never matched cannot stand in the older table.
DELETE FROM user_job_matches WHERE profile_version IS NULL OR embedding_model IS NULL OR scoring_key IS NULL OR record_hash IS NULL;
ALTER TABLE user_job_matches ALTER COLUMN record_hash SET NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN scoring_key SET NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN embedding_model SET NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN profile_version SET NOT NULL;
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights that made the scores';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched';
ALTER TABLE job_pages DROP CONSTRAINT job_pages_endpoint_check;
-- Pages of the later kinds stay, because postings stand on them.
ALTER TABLE job_pages ADD CONSTRAINT job_pages_endpoint_check CHECK (
    endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired')
) NOT VALID;
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM job_pages WHERE endpoint IN ('added', 'legacy')) THEN
        ALTER TABLE job_pages VALIDATE CONSTRAINT job_pages_endpoint_check;
    END IF;
END
$$;
COMMENT ON COLUMN job_pages.endpoint IS 'Which feed was asked: 1h, 24h, 7d, 6m, modified or expired';

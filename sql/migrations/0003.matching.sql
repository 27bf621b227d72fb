-- Matches of users and postings, and the ledgers behind their scores.
-- depends: 0002.users

CREATE TABLE score_calibrations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model      text        NOT NULL,
    knots      jsonb       NOT NULL,
    provenance jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    run_id     text
);
CREATE INDEX score_calibrations_model ON score_calibrations (model, id DESC);
COMMENT ON TABLE score_calibrations IS 'One row per fit of the map from cosine similarity to semantic_score; the newest of a model is in force.';
COMMENT ON COLUMN score_calibrations.id IS 'Identity; the version of the calibration';
COMMENT ON COLUMN score_calibrations.model IS 'Embedding model that it holds for';
COMMENT ON COLUMN score_calibrations.knots IS 'List of [cosine, score], both increasing; linear in between';
COMMENT ON COLUMN score_calibrations.provenance IS 'What it was fitted on: data, pair count, percentiles';
COMMENT ON COLUMN score_calibrations.created_at IS 'When (UTC)';
COMMENT ON COLUMN score_calibrations.run_id IS 'Dagster run that fitted it';

CREATE TABLE job_match_state (
    job_id      bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash text        NOT NULL,
    scoring_key text        NOT NULL,
    matched_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
COMMENT ON TABLE job_match_state IS 'One row per posting that was matched against every active user; no row, or other values than the posting''s, means it is stale.';
COMMENT ON COLUMN job_match_state.job_id IS 'The posting';
COMMENT ON COLUMN job_match_state.record_hash IS 'jobs.record_hash of the version that was matched';
COMMENT ON COLUMN job_match_state.scoring_key IS 'Embedding model, calibration and weights that were used';
COMMENT ON COLUMN job_match_state.matched_at IS 'When (UTC)';

CREATE TABLE user_job_matches (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id                bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id                 bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    similarity             real CHECK (similarity BETWEEN -1.001 AND 1.001),
    semantic_score         smallint CHECK (semantic_score BETWEEN 0 AND 100),
    match_score            smallint CHECK (match_score BETWEEN 0 AND 100),
    skills_score           smallint CHECK (skills_score BETWEEN 0 AND 100),
    experience_score       smallint CHECK (experience_score BETWEEN 0 AND 100),
    industry_score         smallint CHECK (industry_score BETWEEN 0 AND 100),
    work_arrangement_score smallint CHECK (work_arrangement_score BETWEEN 0 AND 100),
    claude_score           smallint CHECK (claude_score BETWEEN 0 AND 100),
    claude_status          text CHECK (claude_status IN ('waiting', 'pending', 'done', 'failed', 'refused', 'ungrounded', 'skipped')),
    priority               text CHECK (priority IN ('high', 'medium', 'low')),
    matching_skills        text[],
    missing_skills         text[],
    match_reasoning        text,
    key_alignments         jsonb,
    potential_gaps         jsonb,
    status                 text        NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'saved', 'applied', 'rejected')),
    decided_at             timestamptz,
    profile_version        integer     NOT NULL,
    embedding_model        text        NOT NULL,
    calibration_id         bigint REFERENCES score_calibrations (id),
    scoring_key            text        NOT NULL,
    record_hash            text        NOT NULL,
    claude_request_hash    text,
    claude_reason          text,
    prompt_version         text,
    claude_model           text,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    run_id                 text,
    UNIQUE (user_id, job_id)
) WITH (fillfactor = 90);
CREATE INDEX user_job_matches_job ON user_job_matches (job_id);
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, match_score DESC);
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, semantic_score DESC) WHERE claude_status = 'waiting';
COMMENT ON TABLE user_job_matches IS 'One row per user and posting that fit each other well enough to keep. Belongs to the user.';
COMMENT ON COLUMN user_job_matches.id IS 'Identity';
COMMENT ON COLUMN user_job_matches.user_id IS 'The user';
COMMENT ON COLUMN user_job_matches.job_id IS 'The posting';
COMMENT ON COLUMN user_job_matches.similarity IS 'Cosine similarity of posting and profile, before calibration';
COMMENT ON COLUMN user_job_matches.semantic_score IS 'Calibrated similarity, 0..100; NULL when not computed';
COMMENT ON COLUMN user_job_matches.match_score IS 'Weighted score of the known parts, 0..100';
COMMENT ON COLUMN user_job_matches.skills_score IS 'Part of the weighted score: skills; NULL when the posting or the CV names none';
COMMENT ON COLUMN user_job_matches.experience_score IS 'Part of the weighted score: experience; NULL when unknown';
COMMENT ON COLUMN user_job_matches.industry_score IS 'Part of the weighted score: industry; NULL when unknown';
COMMENT ON COLUMN user_job_matches.work_arrangement_score IS 'Part of the weighted score: work arrangement; NULL when unknown';
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'Where the pair stands with Claude; NULL when its semantic score does not send it there';
COMMENT ON COLUMN user_job_matches.priority IS 'high, medium or low, derived from claude_score, else from match_score';
COMMENT ON COLUMN user_job_matches.matching_skills IS 'Skills of the posting that the CV shows';
COMMENT ON COLUMN user_job_matches.missing_skills IS 'Skills of the posting that the CV does not show';
COMMENT ON COLUMN user_job_matches.match_reasoning IS 'Why it fits, or not, in words';
COMMENT ON COLUMN user_job_matches.key_alignments IS 'Claude''s alignments, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.potential_gaps IS 'Claude''s gaps, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.status IS 'The user''s own decision: new, saved, applied or rejected; never overwritten by matching';
COMMENT ON COLUMN user_job_matches.decided_at IS 'When the user decided (UTC)';
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity';
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights that made the scores';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched';
COMMENT ON COLUMN user_job_matches.claude_request_hash IS 'claude_requests.request_hash behind the Claude columns';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, for failed, refused, ungrounded and skipped pairs';
COMMENT ON COLUMN user_job_matches.prompt_version IS 'Version of the prompt behind claude_score';
COMMENT ON COLUMN user_job_matches.claude_model IS 'Claude model behind claude_score';
COMMENT ON COLUMN user_job_matches.created_at IS 'When the pair was first kept (UTC)';
COMMENT ON COLUMN user_job_matches.updated_at IS 'When anything but the decision last changed (UTC)';
COMMENT ON COLUMN user_job_matches.run_id IS 'Dagster run that wrote the scores';

CREATE TABLE claude_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id          bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    prompt_version  text        NOT NULL,
    profile_version integer     NOT NULL,
    text_hash       text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    batch_id        text,
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text
);
CREATE INDEX claude_requests_answered_at ON claude_requests (answered_at);
CREATE INDEX claude_requests_user ON claude_requests (user_id);
COMMENT ON TABLE claude_requests IS 'Ledger: one row per distinct request to Claude, committed before the call; an answer that is held is never paid for again.';
COMMENT ON COLUMN claude_requests.id IS 'Identity';
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 over model, prompt version, answer schema, profile version and posting text';
COMMENT ON COLUMN claude_requests.user_id IS 'User of the pair';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting of the pair';
COMMENT ON COLUMN claude_requests.model IS 'Claude model asked';
COMMENT ON COLUMN claude_requests.prompt_version IS 'Version of the prompt';
COMMENT ON COLUMN claude_requests.profile_version IS 'Profile version in the prompt';
COMMENT ON COLUMN claude_requests.text_hash IS 'jobs.text_hash of the posting in the prompt';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, not answered), answered or failed';
COMMENT ON COLUMN claude_requests.attempts IS 'Calls made for it';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch it travels in; NULL for a direct call';
COMMENT ON COLUMN claude_requests.answer IS 'The raw answer, stored before it is parsed';
COMMENT ON COLUMN claude_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN claude_requests.cost_usd IS 'Cost in USD from usage and the price table';
COMMENT ON COLUMN claude_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN claude_requests.created_at IS 'When the row was committed (UTC)';
COMMENT ON COLUMN claude_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN claude_requests.run_id IS 'Dagster run that asked';

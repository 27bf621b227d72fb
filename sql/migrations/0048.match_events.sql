-- What happened to each match, and when: its history, which the row of the match alone does not have.
-- depends: 0047.explanation_language
-- compatible: yes
CREATE TABLE match_events (
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id          bigint      NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    profile_version integer,
    score           smallint CHECK (score BETWEEN 0 AND 100),
    event           text        NOT NULL CHECK (event IN ('entered', 'band_changed', 'left', 'explained', 'decided')),
    band            text CHECK (band IN ('high', 'medium', 'low')),
    detail          text,
    scoring_key     text,
    run_id          text
);
-- An hour may write a hundred thousand events, so each costs one entry in one index and one check. That the posting exists
-- is checked for the match in the same statement; no row of jobs is ever deleted, and nothing refers to an event.
CREATE INDEX match_events_pair ON match_events (user_id, job_id);
COMMENT ON TABLE match_events IS 'One row per thing that happened to a match, written in the transaction that did it. Belongs to the user.';
COMMENT ON COLUMN match_events.user_id IS 'The user';
COMMENT ON COLUMN match_events.job_id IS 'The posting';
COMMENT ON COLUMN match_events.at IS 'Time of the transaction (UTC)';
COMMENT ON COLUMN match_events.profile_version IS 'Profile version that the match was made with; of a match that left, the last one';
COMMENT ON COLUMN match_events.score IS 'Claude''s score, else match_score, after the event; of a match that left, its last; NULL when unknown';
COMMENT ON COLUMN match_events.event IS 'entered (the list), band_changed, left (the list), explained (by Claude) or decided (by the user)';
COMMENT ON COLUMN match_events.band IS 'user_job_matches.priority after the event: high, medium or low';
COMMENT ON COLUMN match_events.detail IS 'band_changed: what else changed (profile, posting, scoring; preferences when none of these did). left: rematched (a new matching did not keep it), outranked (better ones fill the list) or closed (the posting, long ago). explained: version of the prompt. decided: the decision';
COMMENT ON COLUMN match_events.scoring_key IS 'Embedding model, calibration and weights of the score';
COMMENT ON COLUMN match_events.run_id IS 'Dagster run of the event; NULL when no run did it';

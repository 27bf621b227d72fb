ALTER TABLE score_calibrations
    DROP COLUMN lens_mean, DROP COLUMN lens_direction, DROP COLUMN postings_counted, DROP COLUMN skill_counts,
    DROP COLUMN word_counts;
COMMENT ON TABLE score_calibrations IS 'One row per fit of the map from cosine similarity to semantic_score. The newest row of a model is current.';
COMMENT ON COLUMN score_calibrations.knots IS 'List of [cosine, score], both increasing, with linear interpolation';
-- Knots of likenesses mean nothing to cosines: the packaged calibration applies until the next fit.
DELETE FROM score_calibrations;
ALTER TABLE job_facts DROP COLUMN title_words, DROP COLUMN optional_skills;
ALTER TABLE user_job_matches DROP COLUMN stated_percent, DROP COLUMN read_percent;
ALTER TABLE user_job_matches RENAME CONSTRAINT user_job_matches_exact_score_check TO user_job_matches_relevance_check;
ALTER TABLE user_job_matches RENAME COLUMN exact_score TO relevance;
COMMENT ON COLUMN user_job_matches.relevance IS 'Sort key of the user''s list, 0..100: semantic similarity first, then field and skills (core/matching/scoring.py)';

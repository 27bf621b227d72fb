-- One score orders a user's list, and says how sure it is. Lists are scored again in the next hour.
ALTER TABLE user_job_matches RENAME COLUMN relevance TO exact_score;
ALTER TABLE user_job_matches RENAME CONSTRAINT user_job_matches_relevance_check TO user_job_matches_exact_score_check;
ALTER TABLE user_job_matches
    ADD COLUMN stated_percent smallint CHECK (stated_percent BETWEEN 0 AND 100),
    ADD COLUMN read_percent   smallint CHECK (read_percent BETWEEN 0 AND 100);
COMMENT ON COLUMN user_job_matches.exact_score IS 'match_score with two decimals; orders the user''s list';
COMMENT ON COLUMN user_job_matches.stated_percent IS 'Certainty: percent of the weight of skills, experience, industry and work arrangement that rests on what the vendor states';
COMMENT ON COLUMN user_job_matches.read_percent IS 'Percent of that weight that rests on what was read from the ad''s text; the rest is unknown';

ALTER TABLE job_facts
    ADD COLUMN title_words     text[],
    ADD COLUMN optional_skills text[];
COMMENT ON COLUMN job_facts.title_words IS 'Words of the title and of the occupations that it names, folded';
COMMENT ON COLUMN job_facts.optional_skills IS 'Those of the skills that the ad calls nice to have; they count a third';

ALTER TABLE score_calibrations
    ADD COLUMN lens_mean        real[],
    ADD COLUMN lens_direction   real[],
    ADD COLUMN postings_counted integer NOT NULL DEFAULT 0,
    ADD COLUMN skill_counts     jsonb   NOT NULL DEFAULT '{}',
    ADD COLUMN word_counts      jsonb   NOT NULL DEFAULT '{}';
COMMENT ON TABLE score_calibrations IS 'One row per fit of how two texts become a semantic_score. The newest row of a model is current.';
COMMENT ON COLUMN score_calibrations.knots IS 'List of [likeness, score], both increasing, with linear interpolation';
COMMENT ON COLUMN score_calibrations.lens_mean IS 'Mean of the postings'' vectors, taken off before vectors are compared; NULL compares them as they are';
COMMENT ON COLUMN score_calibrations.lens_direction IS 'Unit vector in which the postings differ most (the language, in a mixed catalog), taken off as well';
COMMENT ON COLUMN score_calibrations.postings_counted IS 'Postings that were counted for the frequencies; 0 when all words count alike';
COMMENT ON COLUMN score_calibrations.skill_counts IS 'Postings that name each skill, by its id; rare skills count more';
COMMENT ON COLUMN score_calibrations.word_counts IS 'Postings that have each word in their title; rare words count more';

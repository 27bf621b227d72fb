-- How much each part of the score matters to a user, where that differs from the deployment.
-- depends: 0042.buckets
ALTER TABLE user_preferences
    ADD COLUMN skills_weight           double precision CHECK (skills_weight BETWEEN 0 AND 100),
    ADD COLUMN experience_weight       double precision CHECK (experience_weight BETWEEN 0 AND 100),
    ADD COLUMN industry_weight         double precision CHECK (industry_weight BETWEEN 0 AND 100),
    ADD COLUMN work_arrangement_weight double precision CHECK (work_arrangement_weight BETWEEN 0 AND 100),
    ADD COLUMN semantic_weight         double precision CHECK (semantic_weight BETWEEN 0 AND 100);
COMMENT ON COLUMN user_preferences.skills_weight IS 'Weight of the skills in this user''s scores; NULL is the deployment''s';
COMMENT ON COLUMN user_preferences.experience_weight IS 'Weight of the experience level in this user''s scores; NULL is the deployment''s';
COMMENT ON COLUMN user_preferences.industry_weight IS 'Weight of the industry in this user''s scores; NULL is the deployment''s';
COMMENT ON COLUMN user_preferences.work_arrangement_weight IS 'Weight of the work arrangement in this user''s scores; NULL is the deployment''s';
COMMENT ON COLUMN user_preferences.semantic_weight IS 'Weight of the likeness of the texts in this user''s scores; NULL is the deployment''s';

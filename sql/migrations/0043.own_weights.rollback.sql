-- The lists were made with these weights: the next run matches their users again.
UPDATE user_preferences SET version = version + 1
WHERE num_nonnulls(skills_weight, experience_weight, industry_weight, work_arrangement_weight, semantic_weight) > 0;
ALTER TABLE user_preferences
    DROP COLUMN skills_weight, DROP COLUMN experience_weight, DROP COLUMN industry_weight,
    DROP COLUMN work_arrangement_weight, DROP COLUMN semantic_weight;

ALTER TABLE cv_profiles DROP COLUMN reading, DROP COLUMN stated;
DROP TABLE user_facts;

-- The schema before knows one CV of a user: the others go, with what was read from them, and their matches are made again.
DELETE FROM user_match_state WHERE user_id IN (SELECT user_id FROM cv_documents WHERE label <> 'default');
DELETE FROM cv_documents WHERE label <> 'default';
ALTER TABLE user_job_matches DROP COLUMN cv_label;
ALTER TABLE cv_profiles DROP COLUMN label;
ALTER TABLE cv_documents DROP CONSTRAINT cv_documents_user_id_label_sha256_key;
ALTER TABLE cv_documents DROP COLUMN label;
ALTER TABLE cv_documents ADD CONSTRAINT cv_documents_user_id_sha256_key UNIQUE (user_id, sha256);
COMMENT ON COLUMN cv_documents.landing IS 'Landing order over all users, independent of clocks; the highest number is the user''s current CV';
COMMENT ON TABLE cv_profiles IS 'One immutable row per version of a user''s profile, extracted from the CV. The highest version is current. NULL means unknown.';

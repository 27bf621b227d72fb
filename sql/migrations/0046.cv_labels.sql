-- Several CVs of one person: each has a label, and a match names the CV that fits best.
-- depends: 0045.compatibility
ALTER TABLE cv_documents ADD COLUMN label text NOT NULL DEFAULT 'default';
ALTER TABLE cv_documents DROP CONSTRAINT cv_documents_user_id_sha256_key;
ALTER TABLE cv_documents ADD CONSTRAINT cv_documents_user_id_label_sha256_key UNIQUE (user_id, label, sha256);
ALTER TABLE cv_profiles ADD COLUMN label text NOT NULL DEFAULT 'default';
ALTER TABLE user_job_matches ADD COLUMN cv_label text NOT NULL DEFAULT 'default';
COMMENT ON COLUMN cv_documents.label IS 'Which of the user''s CVs it is a version of';
COMMENT ON COLUMN cv_profiles.label IS 'Label of the CV; the highest version of a label is current. Versions are counted per user';
COMMENT ON COLUMN cv_documents.landing IS 'Landing order over all users, independent of clocks; the highest number of a label is the current version of that CV';
COMMENT ON COLUMN user_job_matches.cv_label IS 'Label of the CV that the scores are of: the one with the highest score of the user''s CVs';
COMMENT ON TABLE cv_profiles IS 'One immutable row per version of a user''s profile, extracted from a CV. The highest version of a label is current. NULL means unknown.';

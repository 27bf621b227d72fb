-- A calibration may be deleted: matches that were scored with it stay, and are scored anew with the one in force.
-- depends: 0015.matching_engine

ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_calibration_id_fkey;
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_calibration_id_fkey
    FOREIGN KEY (calibration_id) REFERENCES score_calibrations (id) ON DELETE SET NULL;
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score; NULL when it was deleted since';

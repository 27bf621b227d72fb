-- Takes back 0017.calibrations: a calibration that matches name cannot be deleted.
ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_calibration_id_fkey;
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_calibration_id_fkey
    FOREIGN KEY (calibration_id) REFERENCES score_calibrations (id);
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score';

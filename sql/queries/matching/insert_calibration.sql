-- Purpose: store a calibration; the newest one of a model is current.
-- Parameters: model, knots, lens_mean, lens_direction (real[] or NULL), postings_counted, skill_counts, word_counts,
--             provenance (jsonb), run_id.
-- Indexes: score_calibrations_pkey.
INSERT INTO score_calibrations (
    model, knots, lens_mean, lens_direction, postings_counted, skill_counts, word_counts, provenance, run_id
)
VALUES (
    :model, CAST(:knots AS jsonb), CAST(:lens_mean AS real[]), CAST(:lens_direction AS real[]), :postings_counted,
    CAST(:skill_counts AS jsonb), CAST(:word_counts AS jsonb), CAST(:provenance AS jsonb), :run_id
)
RETURNING id

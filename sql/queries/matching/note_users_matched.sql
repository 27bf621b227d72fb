-- Purpose: note that users were matched against every open posting.
-- Parameters: user_ids (bigint[]), versions and preferences_versions (integer[], in the same order), scoring_key, run_id.
-- Indexes: user_match_state_pkey.
INSERT INTO user_match_state AS known (user_id, profile_version, preferences_version, scoring_key, run_id)
SELECT user_id, version, preferences_version, :scoring_key, :run_id
FROM unnest(CAST(:user_ids AS bigint[]), CAST(:versions AS integer[]), CAST(:preferences_versions AS integer[]))
    AS u (user_id, version, preferences_version)
ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE SET
    profile_version = excluded.profile_version, preferences_version = excluded.preferences_version,
    scoring_key = excluded.scoring_key, run_id = excluded.run_id, matched_at = now()
WHERE (known.profile_version, known.preferences_version, known.scoring_key)
    IS DISTINCT FROM (excluded.profile_version, excluded.preferences_version, excluded.scoring_key)

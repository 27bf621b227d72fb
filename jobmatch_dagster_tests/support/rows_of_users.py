"""SQL that gives a user something in every table that holds something of users, and postings to match."""

# Every text of a user holds the key, so that a leak shows itself wherever it is.
EARLIER_FILL = """
INSERT INTO users (user_key) VALUES ('{key}');
INSERT INTO cv_documents (user_id, file_name, content, sha256, status, text, read_at)
    SELECT id, '{key}-secret.txt', '{key}-secret', '{key}-secret', 'read', '{key}-secret', now() FROM users
    WHERE user_key = '{key}';
INSERT INTO cv_profiles (user_id, version, document_id, skills, evidence, embedding_text, text_hash, extractor_version)
    SELECT user_id, 1, id, ARRAY['{key}-secret'], '{{}}', '{key}-secret', '{key}-secret', 1 FROM cv_documents
    WHERE sha256 = '{key}-secret';
INSERT INTO profile_embeddings (profile_id, model, text_hash, embedding)
    SELECT id, 'm', '{key}-secret', '[1,0]' FROM cv_profiles WHERE text_hash = '{key}-secret';
INSERT INTO user_preferences (user_id, locations) SELECT id, ARRAY['{key}-secret'] FROM users WHERE user_key = '{key}';
INSERT INTO user_match_state (user_id, profile_version, preferences_version, scoring_key)
    SELECT id, 1, 1, '{key}-secret' FROM users WHERE user_key = '{key}';
INSERT INTO user_job_matches (user_id, job_id, match_score, semantic_score, match_reasoning, profile_version,
                              embedding_model, scoring_key, record_hash, status, decided_at, claude_request_hash)
    SELECT users.id, jobs.id, 80, 70, '{key}-secret', 1, 'm', 's', jobs.record_hash, 'saved', now(), '{key}-secret'
    FROM users CROSS JOIN jobs WHERE user_key = '{key}';
INSERT INTO claude_requests (request_hash, user_id, job_id, model, prompt_version, profile_version, text_hash, state,
                             answer, usage, cost_usd, lost_usd, answered_at)
    SELECT '{key}-secret', users.id, (SELECT min(id) FROM jobs), 'm', 'p', 1, 't', 'answered',
           '{{"a": "{key}-secret"}}', '{{"input_tokens": 1}}', 0.5, 0.125, now() FROM users WHERE user_key = '{key}';
INSERT INTO profile_requests (request_hash, user_id, document_id, model, state, reserved_usd, lost_usd, answer, usage,
                              cost_usd, answered_at)
    SELECT '{key}-secret', user_id, id, 'm', 'answered', 0, 0.25, '{{"a": "{key}-secret"}}', '{{"input_tokens": 1}}', 1,
           now() FROM cv_documents WHERE sha256 = '{key}-secret';
INSERT INTO run_failures (run_id, job_name, partition_key, user_id, error_class, next_step, inputs, failed_at)
    SELECT '{key}-secret', 'match_users', '{key}', id, 'E', 'n', '{{}}', now() FROM users WHERE user_key = '{key}';
INSERT INTO legacy_decisions (user_id, legacy_match_id, legacy_status, outcome)
    SELECT id, '{key}-secret', 'saved', 'carried' FROM users WHERE user_key = '{key}';
"""
# With the tables that came after `0001.schema`.
FILL = (
    EARLIER_FILL
    + """
UPDATE user_preferences SET email = '{key}-secret@example.org', digest_channels = ARRAY['{key}-secret']
    WHERE user_id = (SELECT id FROM users WHERE user_key = '{key}');
INSERT INTO user_digests (user_id, day, lines, content_hash, created_at)
    SELECT id, '2026-11-20', '["{key}-secret"]', '{key}-secret', now() FROM users WHERE user_key = '{key}';
INSERT INTO digest_entries (digest_id, user_id, job_id)
    SELECT user_digests.id, user_id, jobs.id FROM user_digests CROSS JOIN jobs WHERE content_hash = '{key}-secret';
INSERT INTO digest_deliveries (digest_id, channel, user_id, next_attempt_at)
    SELECT id, '{key}-secret', user_id, now() FROM user_digests WHERE content_hash = '{key}-secret';
INSERT INTO match_events (user_id, job_id, event, detail)
    SELECT users.id, jobs.id, 'decided', '{key}-secret' FROM users CROSS JOIN jobs WHERE user_key = '{key}';
INSERT INTO user_answers (user_id, job_id, stage, reason, note)
    SELECT users.id, jobs.id, 'saved', 'other', '{key}-secret' FROM users CROSS JOIN jobs WHERE user_key = '{key}';
INSERT INTO user_facts (user_id, skills_added) SELECT id, ARRAY['{key}-secret'] FROM users WHERE user_key = '{key}';
"""
)
JOBS = """
INSERT INTO job_pages (sweep_id, generation, endpoint, filters, request, page_offset, status, headers, body, sha256,
                       last_page, fetched_at)
    VALUES (gen_random_uuid(), 'g1', '1h', '{}', '{}', 0, 200, '{}', '', '', true, now());
INSERT INTO jobs (external_id, title, company, url, date_created, record_hash, text_hash, ad_key, page_id,
                  page_position, page_fetched_at, collection_hour)
    SELECT n::text, 'Nurse', 'Klinikum', 'u', now(), 'r', 't', 'a', id, n, now(), now()
    FROM job_pages, generate_series(1, 3) AS n;
"""

-- Purpose: what became of attempts.
-- Parameters: channel, digest_ids, states and errors (arrays of one length; an error is NULL after a delivery), now.
-- Indexes: digest_deliveries_pkey.
UPDATE digest_deliveries AS d
SET state = noted.state, last_error = noted.error, sent_at = CASE WHEN noted.state = 'sent' THEN CAST(:now AS timestamptz) END
FROM unnest(CAST(:digest_ids AS bigint[]), CAST(:states AS text[]), CAST(:errors AS text[]))
    AS noted (digest_id, state, error)
WHERE d.digest_id = noted.digest_id AND d.channel = :channel

-- Purpose: deliveries that need a person, by channel and error: given up, failed three times, or waiting for a day.
--          Who wants no digests any more waits for none.
-- Parameters: now.
-- Indexes: digest_deliveries_open, user_preferences_pkey.
SELECT d.channel, coalesce(d.last_error, 'never tried') AS error, count(*) AS deliveries,
       count(*) FILTER (WHERE d.state = 'given_up') AS given_up, to_char(min(u.day), 'YYYY-MM-DD') AS first_day
FROM digest_deliveries AS d
JOIN user_digests AS u ON u.id = d.digest_id
JOIN users ON users.id = d.user_id AND users.active
LEFT JOIN user_preferences AS p ON p.user_id = d.user_id
WHERE p.digest_every IS DISTINCT FROM 'never'
  AND (d.state = 'given_up'
       OR d.state = 'waiting' AND (d.attempts >= 3 OR u.created_at <= CAST(:now AS timestamptz) - interval '1 day'))
GROUP BY d.channel, coalesce(d.last_error, 'never tried')
ORDER BY count(*) DESC, d.channel, error

DROP TABLE digest_entries;
DROP TABLE user_digests;

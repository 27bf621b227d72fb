DROP TABLE job_embeddings;
DROP TABLE job_sightings;
DROP TABLE jobs;
DROP TABLE job_clusters;
DROP TABLE quarantined_records;
DROP TABLE job_pages;
DROP EXTENSION vector;

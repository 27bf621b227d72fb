"""Job postings collected hourly, matched to CVs and explained, as a Dagster code location."""

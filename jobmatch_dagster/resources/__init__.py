"""What runs need from outside: the database, the Active Jobs API, the embedding model, Claude, the clock."""

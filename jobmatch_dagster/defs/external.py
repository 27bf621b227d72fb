"""What the pipeline reads and does not make: the picture begins where the data begins."""

import dagster as dg

active_jobs_api = dg.AssetSpec(
    ["raw", "active_jobs_api"],
    group_name="raw",
    kinds={"api"},
    description="The vendor's Active Jobs API. Each posting that it returns costs a credit. `jobmatch dev --demo` runs "
    "a local server that behaves like it.",
)
cv_inbox = dg.AssetSpec(
    ["profiles", "cv_inbox"],
    group_name="profiles",
    kinds={"file"},
    tags={"jobmatch/pii": "true"},
    description="The folder where CVs land, as USERKEY.pdf or USERKEY/anything.pdf. cv_inbox_sensor watches it.",
)

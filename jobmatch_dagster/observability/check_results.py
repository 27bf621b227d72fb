"""Results of asset checks: all checks report in the same shape."""

import warnings
from collections.abc import Mapping, Sequence

import dagster as dg

RECOVERY = "recovery"
"""Metadata key of the instructions for a failed check."""
NOTHING_TO_DO = "Nothing to do."

Value = dg.MetadataValue | str | int | float | None


def check_result(
    passed: bool,
    metadata: Mapping[str, Value],
    recovery: str,
    *,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
) -> dg.AssetCheckResult:
    """The result of a check: its metadata, and the recovery text if it failed.

    Args:
        passed: the verdict.
        metadata: what was measured, the same keys on success and on failure; None values are left out.
        recovery: the command or click path that fixes the cause.
        severity: ERROR where later stages would work on corrupt data.
    """
    known = {name: value for name, value in metadata.items() if value is not None}
    return dg.AssetCheckResult(
        passed=passed,
        severity=severity,
        metadata={**known, RECOVERY: NOTHING_TO_DO if passed else recovery},
    )


def partitioned_check(
    name: str, *, asset: Sequence[str], partitions: dg.PartitionsDefinition[str], description: str
) -> dg.AssetCheckSpec:
    """A check that has a result for each partition, written by the asset itself."""
    with warnings.catch_warnings():
        # Dagster is pinned, and a test looks at the partition of a result.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(name, asset=list(asset), partitions_def=partitions, description=description)

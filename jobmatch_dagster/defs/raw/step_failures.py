"""How a failure of the API ends a step: which ones Dagster may try again.

Put here the translation alone. What is permanent and what passes stands in `errors.py`; whether a run
whose step failed is tried again, in dagster.yaml (it is not).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.core.raw.windows import HourNotAvailableError
from jobmatch_dagster.errors import PassingFailure, PermanentFailure

# For steps that call the API: what passes within minutes is waited for, the rest is the next run's affair.
RETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


@contextmanager
def told_to_dagster(**inputs: str) -> Iterator[None]:
    """A block whose permanent failures, and those that ask for a long pause, are not tried again by the step.

    Args:
        inputs: what the step worked on; shown with the failure, beside the next step.

    Raises:
        dagster.Failure: in their place, with the same message.
    """
    try:
        yield
    except (PermanentFailure, HourNotAvailableError) as error:
        raise _failure(error, permanent=True, inputs=inputs) from error
    except PassingFailure as error:
        if error.wait_s is None:
            raise
        raise _failure(error, permanent=False, inputs=inputs) from error


def _failure(error: Exception, *, permanent: bool, inputs: Mapping[str, str]) -> dg.Failure:
    told: dict[str, bool | str] = {
        names.PERMANENT_FAILURE: permanent,
        "next_step": next_step(type(error).__name__),
        **inputs,
    }
    return dg.Failure(str(error), metadata=told, allow_retries=False)

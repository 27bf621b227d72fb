"""How a failure of an API ends a step: which failures Dagster retries, and what the UI shows of them.

`errors.py` says what is permanent and what passes; dagster.yaml says that a run with a failed step is not retried.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.core.raw.windows import HourNotAvailableError
from jobmatch_dagster.errors import PassingFailure, PermanentFailure

# For steps that call the API of postings: a failure that passes within minutes is retried, later ones are left to the
# next run.
RETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


@contextmanager
def translated_failures(**inputs: str) -> Iterator[None]:
    """A block whose permanent failures are not retried by the step, nor those that ask for a long pause.

    Args:
        inputs: what the step worked on; shown with the failure, beside the next step.

    Raises:
        dagster.Failure: in place of such a failure, with the same message.
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
    metadata: dict[str, bool | str] = {
        names.PERMANENT_FAILURE: permanent,
        "next_step": next_step(type(error).__name__),
        **inputs,
    }
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)

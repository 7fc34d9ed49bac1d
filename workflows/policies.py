"""How long an activity may take and how it is tried again. Numbers live here and nowhere else."""

from datetime import timedelta

from temporalio.common import RetryPolicy

RECORD_ATTEMPT = timedelta(seconds=30)
RECORD_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))
"""Our own database: back at once when it is."""

COMMAND_ATTEMPT = timedelta(minutes=3)  # files of 20 MB go first

HEARTBEAT = timedelta(seconds=10)
"""A worker that says nothing for so long is gone: another one takes over what it was calling a network for."""

FILE_PATIENCE = timedelta(hours=24)
"""Then a person is told; fetching goes on (contracts.md "Files")."""

CARRIER_ATTEMPT = timedelta(seconds=60)
CARRIER_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))


def command_retry(time_scale: float) -> RetryPolicy:
    """Unlimited patience: a partner may be away for days, the case's own clocks say when a person must act.

    Where business time runs faster (sandbox), so does the longest pause; never under 2 s.
    """
    longest_s = max(2.0, 600.0 / time_scale)
    return RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=longest_s),
    )

"""How long an activity may take and how it is tried again. Numbers live here and nowhere else."""

from datetime import timedelta

from temporalio.common import RetryPolicy

RENEW_AT_EVENTS = 300
"""A history of so many events is continued as new at the next moment of rest, long before the server asks for it
(4,096): replaying stays quick, and what is under way until then has room."""

SEEN_AT_MOST = 2000
"""So many ids of Updates are carried on; a sender repeats one within minutes or hours, not after so many others."""

REOPENED_FOR_NOTHING = timedelta(minutes=10)
"""A case that was opened again waits so long for what it was opened for."""

DAMAGE_ASKED_AFTER = timedelta(hours=1)
"""How long after the last look it is looked again whether somebody has settled a parcel's damage."""

RECORD_ATTEMPT = timedelta(seconds=30)
RECORD_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))
"""Our own database: back at once when it is."""

AT_ONCE = timedelta(seconds=5)
ONLY_ONCE = RetryPolicy(maximum_attempts=1)
"""Of a step where the workflow is (`workflows.at_once`): the workflow's task is held so long."""

COMMAND_ATTEMPT = timedelta(minutes=3)  # files of 20 MB go first

HEARTBEAT = timedelta(seconds=10)
"""A worker that says nothing for so long is gone: another one takes over what it was calling a network for."""

FILE_PATIENCE = timedelta(hours=24)
"""Then a person gets the task FILE_MISSING; fetching goes on (contracts.md "Files")."""

LICENCES_ATTEMPT = timedelta(minutes=2)
LICENCES_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=8))
"""The activity itself gives up after `activities.licence_checks.ATTEMPTS`: the applicant is still at the window."""

CARRIER_ATTEMPT = timedelta(seconds=60)
CARRIER_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))


def command_retry(time_scale: float) -> RetryPolicy:
    """How a command is tried again: without end, after 1 s, 2 s, 4 s … to 10 min; the case's own clocks open tasks.

    The longest pause is divided by the time scale (sandbox), never under 2 s.
    """
    longest_s = max(2.0, 600.0 / time_scale)
    return RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=longest_s),
    )

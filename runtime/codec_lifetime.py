"""How long a key of CODEC_KEYS must stay: histories are never written anew, so they bear the key of their time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.model import Frozen
from runtime.key_making import is_waiting, made_at
from runtime.keys import KeyRing
from runtime.settings import Settings
from runtime.temporal import connect

_RESTARTED = timedelta(days=1)
"""From when a key is made until every process has it first, at the latest."""


class Stay(Frozen):
    """Of one key that has been replaced.

    `until`: nothing that it encrypted is kept after this day. None: it is not known when the next key came, or Temporal
    does not answer. `running`: open runs from its time, None likewise.
    """

    kid: str
    until: date | None = None
    running: int | None = None


async def stays_of(settings: Settings, today: date) -> list[Stay]:
    """Each replaced key of CODEC_KEYS and how long it must stay; asks Temporal, and says less where that is away."""
    ring = settings.codec_keys
    if len(ring.keys) == 1:
        return []
    try:
        client = await connect(settings)
        answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
        kept_for = answer.config.workflow_execution_retention_ttl.ToTimedelta()
        return [await _stay(client, kid, replaced, kept_for, today) for kid, replaced in _replaced(ring)]
    except (RuntimeError, RPCError):  # the SDK raises RuntimeError where nothing listens
        return [Stay(kid=kid) for kid, _ in _replaced(ring)]


def _replaced(ring: KeyRing) -> Sequence[tuple[str, datetime | None]]:
    """(Key id, when the key before it in the list was made): from then on it encrypted nothing."""
    used = [key.kid for key in ring.keys if not is_waiting(key.kid, ring.current.kid)]
    return [(old, made_at(newer)) for newer, old in pairwise(used)]


async def _stay(client: Client, kid: str, replaced: datetime | None, kept_for: timedelta, today: date) -> Stay:
    if replaced is None:
        return Stay(kid=kid)
    by = replaced + _RESTARTED
    counted = await client.count_workflows(f"ExecutionStatus = 'Running' AND StartTime < '{by.isoformat()}'")
    last = max(by.date(), today) if counted.count else by.date()
    return Stay(kid=kid, until=last + kept_for, running=counted.count)

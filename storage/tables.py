"""Every table of ours, imported once so that migrations see the whole of it."""

from storage import (
    breakers,
    cases,
    catalogue,
    documents,
    exchange,
    handovers,
    idempotency,
    inbox_row,
    interprovincial,
    legs,
    nonces,
    outbox,
    people,
    reconciliation,
    scans,
    sent_files,
    southwest,
    tasks,
    updates,
)
from storage.base import Base

MODULES = (
    breakers,
    cases,
    catalogue,
    documents,
    exchange,
    handovers,
    idempotency,
    inbox_row,
    interprovincial,
    legs,
    nonces,
    outbox,
    people,
    reconciliation,
    scans,
    sent_files,
    southwest,
    tasks,
    updates,
)

metadata = Base.metadata

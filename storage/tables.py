"""Every table of ours, imported once so that migrations see the whole of it."""

from storage import catalogue, idempotency, pending_updates, quarter_rows, work_lists
from storage.base import Base
from storage.cases import (
    applicant_messages,
    case_list,
    electronic_results,
    facts,
    phone_views,
    result_codes,
    same_matter,
    tallies,
    verifications,
)
from storage.cases import rows as case_rows
from storage.documents import accesses, store, uploads
from storage.exchange import (
    breakers,
    exchange_log,
    inbox_row,
    interprovincial,
    nonces,
    outbox,
    reconciliation_reports,
    sent_files,
    southwest,
)
from storage.parcels import bags, code_checks, handovers, legs, papers, scans
from storage.people import users
from storage.tasks import rows as task_rows

MODULES = (
    accesses,
    applicant_messages,
    bags,
    breakers,
    case_list,
    case_rows,
    catalogue,
    code_checks,
    electronic_results,
    exchange_log,
    facts,
    handovers,
    idempotency,
    inbox_row,
    interprovincial,
    legs,
    nonces,
    outbox,
    papers,
    pending_updates,
    phone_views,
    quarter_rows,
    reconciliation_reports,
    result_codes,
    same_matter,
    scans,
    sent_files,
    southwest,
    store,
    tallies,
    task_rows,
    uploads,
    users,
    verifications,
    work_lists,
)

metadata = Base.metadata

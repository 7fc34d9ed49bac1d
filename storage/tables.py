"""Every table of ours, imported once so that migrations see the whole of it."""

from storage import (
    catalogue,
    conditions,
    idempotency,
    officer_queue,
    pending_updates,
    quarter_rows,
    watching,
    work_lists,
)
from storage.audit import chain as audit_chain
from storage.audit import heads as audit_heads
from storage.base import Base
from storage.cases import (
    applicant_keys,
    applicant_messages,
    applicant_sessions,
    case_list,
    drafts,
    electronic_results,
    faces,
    facts,
    holdings,
    month_sums,
    phone_views,
    proposals,
    result_codes,
    same_matter,
    serials,
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
    partner_lists,
    reconciliation_reports,
    sent_files,
    southwest,
    unsigned,
)
from storage.parcels import bags, code_checks, handovers, legs, papers, scans
from storage.people import users, wrong_tries
from storage.tasks import rows as task_rows

MODULES = (
    accesses,
    applicant_keys,
    applicant_messages,
    applicant_sessions,
    audit_chain,
    audit_heads,
    bags,
    breakers,
    case_list,
    case_rows,
    catalogue,
    conditions,
    drafts,
    code_checks,
    electronic_results,
    exchange_log,
    faces,
    facts,
    handovers,
    holdings,
    idempotency,
    inbox_row,
    interprovincial,
    legs,
    month_sums,
    nonces,
    officer_queue,
    outbox,
    papers,
    partner_lists,
    pending_updates,
    phone_views,
    proposals,
    quarter_rows,
    reconciliation_reports,
    result_codes,
    same_matter,
    scans,
    sent_files,
    serials,
    southwest,
    store,
    tallies,
    task_rows,
    unsigned,
    uploads,
    users,
    verifications,
    watching,
    work_lists,
    wrong_tries,
)

metadata = Base.metadata

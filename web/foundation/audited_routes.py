"""Which answers show what is about one person or case, or take a list away: written down before they are given.

A list that shows masked names and numbers of cases only is no look at somebody; what changes something is written down
with the change, whatever route it has. A test holds that each route that reads is in one of the three kinds.
"""

from typing import Final

LOOKS: Final = frozenset(
    {
        "GET /accounts/{username}",
        "GET /api/v1/accounts/{username}",
        "GET /api/v1/accounts/{username}/sessions",
        "GET /api/v1/bags/{bag_no}/label.pdf",
        "GET /api/v1/cases/{case_no}",
        "GET /api/v1/cases/{case_no}/claims",
        "GET /api/v1/cases/{case_no}/events",
        "GET /api/v1/cases/{case_no}/legs/{leg_id}/changes",
        "GET /api/v1/cases/{case_no}/letter.pdf",
        "GET /api/v1/cases/{case_no}/messages",
        "GET /api/v1/cases/{case_no}/papers/{kind}.pdf",
        "GET /api/v1/cases/{case_no}/readings",
        "GET /api/v1/cases/{case_no}/receipt.pdf",
        "GET /api/v1/cases/{case_no}/results/{handling_no}",
        "GET /api/v1/cases/{case_no}/stream",
        "GET /api/v1/claims/{claim_id}/papers/{kind}.pdf",
        "GET /api/v1/documents/{sha256}",
        "GET /api/v1/documents/{sha256}/pages",
        "GET /api/v1/documents/{sha256}/pages/{page}",
        "GET /api/v1/drafts/{draft_id}",
        "GET /api/v1/outlets/{outlet_id}/worklist",
        "GET /api/v1/parcels/{tracking_no}",
        "GET /api/v1/parcels/{tracking_no}/label.pdf",
        "GET /api/v1/phone-views",
        "GET /api/v1/scan/parcels",
        "GET /api/v1/scan/start",
        "GET /audit",
        "GET /officer/{handling_no}",
        "GET /partner/deliveries/{line_id}",
        "GET /scan/tasks",
        "GET /window/{case_no}",
        "GET /window/{case_no}/done",
        "GET /window/{case_no}/live",
        "GET /window/{case_no}/receipt.png",
        "POST /api/v1/same-matters",
        "POST /officer/{handling_no}/letter",
        "POST /search",
    }
)
"""查阅: once for a person, operation and object within ten minutes."""

EXPORTS: Final = frozenset(
    {
        "GET /api/v1/cases/{case_no}/personal-data",
        "GET /api/v1/outlets/report",
        "GET /api/v1/reports/{period}",
        "GET /audit/entries.csv",
        "GET /partner/{what}.csv",
    }
)
"""导出: each time."""

UNMASKINGS: Final = frozenset(
    {
        "POST /api/v1/cases/{case_no}/phone",
        "POST /api/v1/cases/{case_no}/unmask",
        "POST /api/v1/parcels/{tracking_no}/phone",
    }
)
"""查看明文: each time, with what was shown, in the transaction that counts it."""

SUBJECTS: Final = (
    "case_no",
    "handling_no",
    "paper_no",
    "claim_id",
    "task_id",
    "leg_id",
    "tracking_no",
    "bag_no",
    "sha256",
    "draft_id",
    "username",
    "unit_id",
    "session_id",
    "key_id",
    "message_id",
    "proposal_id",
    "partner",
    "row_id",
    "line_id",
    "outlet_id",
    "suspension_id",
    "courier_id",
    "device_id",
    "period",
    "measure",
    "what",
    "code",
    "kind",
    "seq",
    "page",
)
"""What in an address says of whom or what; a `token` is a credential and never written down."""

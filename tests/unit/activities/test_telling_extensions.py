"""An extended limit is told with the day until which the law lets it last."""

from datetime import UTC, datetime, timedelta

from activities.telling import told_of
from domain.applicant_messages import SOON, MessageKind
from domain.messages import Deadline, DeadlineKind, Responsible
from domain.recording import CaseChange
from domain.terms import CaseStatus

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
STEP = CaseChange(
    key="7-LIMIT_EXTENDED",
    case_no="c",
    kind="LIMIT_EXTENDED",
    at=NOW,
    case_status=CaseStatus.REVIEWING,
    on_hold=False,
    withdrawal_pending=False,
    handling_no="h",
)


def ends_in(days: int, kind: DeadlineKind) -> Deadline:
    end = NOW + timedelta(days=days)
    return Deadline(kind=kind, start_at=NOW, warn_at=end, due_at=end, responsible=Responsible.AUTHORITY)


def test_an_extension_is_told_with_the_day_of_the_law():
    started = [ends_in(10, DeadlineKind.DECISION_PROMISED), ends_in(20, DeadlineKind.DECISION_STATUTORY)]
    told = told_of(STEP, started, [], owed=False)
    assert told is not None
    assert (told.kind, told.values) == (MessageKind.LIMIT_EXTENDED, {"due": "在12月13日（含）前"})
    assert told.handling_no == "h"
    assert told_of(STEP, [], [], owed=False).values == {"due": SOON}

"""What of a decided case may not leave our hands (容缺: 补齐前不发放办理结果; 联办: 已办成的部分正在恢复)."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from storage.cases.deferred_materials import still_owed
from storage.cases.electronic_results import file_of
from storage.cases.rows import handlings_of
from storage.documents.uploads import CaseDocumentRow
from storage.tasks.rows import TaskRow


def taken_back(session: Session, case_no: str) -> frozenset[str]:
    """Numbers of handlings whose approval is being undone, or was (联办恢复): nobody is given a result of them."""
    tasks = select(TaskRow.handling_no).filter_by(case_no=case_no, kind=TaskKind.COMPENSATION)
    undone = or_(TaskRow.resolved_at.is_(None), TaskRow.outcome == TaskOutcome.RESTORED)
    return frozenset(number for number in session.scalars(tasks.where(undone)) if number is not None)


def is_withheld(session: Session, sha256: str) -> bool:
    """Whether the document `sha256` is the result of a case that still owes a material (容缺): not given out."""
    held = select(CaseDocumentRow.case_no).filter_by(sha256=sha256)
    return any(
        still_owed(session, case_no) and any(file_of(one) == sha256 for one in handlings_of(session, case_no))
        for case_no in session.scalars(held)
    )

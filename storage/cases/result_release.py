"""What of a decided case may not leave our hands yet (容缺: 补齐前不发放办理结果)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.cases.deferred_materials import still_owed
from storage.cases.rows import HandlingRow


def is_withheld(session: Session, sha256: str) -> bool:
    """Whether the document `sha256` is the result of a case that still owes a material (容缺): not given out."""
    named = select(HandlingRow.case_no).where(HandlingRow.result["sha256"].as_string() == sha256)
    return any(still_owed(session, case_no) for case_no in session.scalars(named))

"""A key per case (办件密钥): one small row, wrapped by our own key, whose end makes all that it sealed unreadable.

The key is made with the case and lives as long as its personal data. It is let go in two steps: a successor takes over
(`succeed`), and when no process can still have the old one in hand, its row is deleted (`destroy`).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, event, exists, func, select, update
from sqlalchemy.orm import Session

from storage.case_keyring import letter_of, wrapping
from storage.cases.rows import CaseKeyRow, CaseRow
from storage.ciphers import Algorithm, Key
from storage.sealing import Sealer

_PART_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_PART_LENGTH: Final = 5


def issue(session: Session, sealer: Sealer, case_no: str, now: datetime, *numbers: str) -> None:
    """A key for a case, in the caller's writing transaction; it seals from now on, and is forgotten if that fails.

    `numbers`: of the case's handlings, which nobody else can know yet.
    """
    session.add(CaseKeyRow(**fresh_key(sealer, case_no, now, *numbers)))
    session.flush()
    if (cases := sealer.cases) is not None:
        event.listen(session, "after_rollback", lambda _session: cases.forget(case_no, *numbers), once=True)


def fresh_key(sealer: Sealer, case_no: str, now: datetime, *numbers: str) -> dict[str, Any]:
    """The row of a new key, as its columns; it seals from now on in this process, which has to write the row."""
    letters = "".join(secrets.choice(_PART_LETTERS) for _ in range(_PART_LENGTH))
    part = letter_of(sealer.algorithm) + letters
    secret = secrets.token_bytes(sealer.algorithm.key_bytes)
    if sealer.cases is not None:
        sealer.cases.put(case_no, part, Key(secret, sealer.algorithm), *numbers)
    sealed = sealer.seal_by_ours(secret, wrapping(case_no, part))
    return {"case_no": case_no, "part": part, "sealed": sealed, "made_at": now}


def succeed(session: Session, sealer: Sealer, case_no: str, now: datetime) -> None:
    """Another key seals for the case from now on, in the caller's writing transaction; those before still open.

    A case from before there were any gets its first.
    """
    mine = update(CaseKeyRow).where(CaseKeyRow.case_no == case_no, CaseKeyRow.left_at.is_(None))
    session.execute(mine.values(left_at=now), execution_options={"synchronize_session": False})
    issue(session, sealer, case_no, now)


def destroy(session: Session, case_no: str) -> None:
    """Delete the keys of a case that seal no more: what they have sealed is unreadable, wherever it lies."""
    gone = delete(CaseKeyRow).where(CaseKeyRow.case_no == case_no, CaseKeyRow.left_at.is_not(None))
    session.execute(gone, execution_options={"synchronize_session": False})


def keyless(session: Session, algorithm: Algorithm, after: str, limit: int) -> Sequence[str]:
    """Numbers of cases without a key of this cipher that seals, in order, beyond `after`."""
    kept = exists().where(
        CaseKeyRow.case_no == CaseRow.case_no,
        CaseKeyRow.left_at.is_(None),
        func.substr(CaseKeyRow.part, 1, 1) == letter_of(algorithm),
    )
    query = select(CaseRow.case_no).where(CaseRow.case_no > after, ~kept).order_by(CaseRow.case_no)
    return session.scalars(query.limit(limit)).all()

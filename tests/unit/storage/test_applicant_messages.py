"""The queue of messages to applicants: once per milestone, in the transaction of whatever is told."""

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from domain.applicant_messages import MessageKind, MessageState
from storage.base import Database
from storage.cases.applicant_messages import MessageRow, enqueue, open_values
from tests.unit.storage.casework import CASE, NOW, SEALER, TO_COME, give_case


def _queued(database: Database) -> list[MessageRow]:
    with database.read() as session:
        return list(session.scalars(select(MessageRow).order_by(MessageRow.key)))


def test_a_milestone_is_queued_once(database: Database) -> None:
    for expected in (True, False):
        with database.write() as session:
            give_case(session, CASE)
            assert expected is enqueue(session, case_no=CASE, key="3-ACCEPTED", kind=MessageKind.ACCEPTED, now=NOW)
    [row] = _queued(database)
    assert (row.state, row.attempts, row.next_at, row.expires_at) == (MessageState.QUEUED, 0, NOW, None)


def test_the_same_step_of_another_case_is_another_message(database: Database) -> None:
    with database.write() as session:
        for case_no in (CASE, TO_COME):
            give_case(session, case_no)
            assert enqueue(session, case_no=case_no, key="3-ACCEPTED", kind=MessageKind.ACCEPTED, now=NOW)
    assert len({row.id for row in _queued(database)}) == 2


def test_it_is_queued_with_what_it_tells_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        give_case(session, CASE)
        enqueue(session, case_no=CASE, key="3-ACCEPTED", kind=MessageKind.ACCEPTED, now=NOW)
        raise RuntimeError
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(MessageRow)) == 0


def test_a_secret_is_sealed_and_bound_to_its_message(database: Database) -> None:
    with database.write() as session:
        give_case(session, CASE)
        code = {"code": "482913"}
        asked = {"case_no": CASE, "kind": MessageKind.ONE_TIME_CODE, "now": NOW}
        enqueue(session, **asked, key="code/1", secrets=code, sealer=SEALER)
        enqueue(session, **asked, key="code/2", secrets=code, sealer=SEALER)
    first, second = _queued(database)
    assert first.secrets is not None
    assert b"482913" not in first.secrets and first.said == {}
    assert open_values(SEALER, first.id, first.secrets) == code
    with pytest.raises(InvalidTag):
        open_values(SEALER, second.id, first.secrets)
    assert first.expires_at is not None and (first.expires_at - NOW).total_seconds() == 600


def test_a_secret_without_a_seal_is_a_mistake(database: Database) -> None:
    with pytest.raises(TypeError), database.write() as session:
        enqueue(session, case_no=CASE, key="code/1", kind=MessageKind.ONE_TIME_CODE, now=NOW, secrets={"code": "1"})

"""What a test needs to make something happen in a case that somebody follows."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from storage.cases.rows import CaseEventRow, CaseRow, add_event
from tests.contract.serving import served


def served_alone(app):
    """Serve `app` without its relay, so that no Temporal server is looked for."""

    async def without_lifespan(scope, receive, send):
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})

    return served(without_lifespan)


def happens(office, case_no, kind):
    """An event of a kind that the pages show as it is called."""
    now = datetime.now(UTC)
    with office.database.write() as session:
        add_event(session, case_no=case_no, key=kind, kind=kind, at=now, now=now, actor="test")


def happens_late(office, case_no, kind, number):
    """An event whose number is lower than one that was seen already: its transaction took longer to commit."""
    now = datetime.now(UTC)
    row = CaseEventRow(id=number, case_no=case_no, key=kind, kind=kind, at=now, recorded_at=now, actor="test", data={})
    with office.database.write() as session:
        session.add(row)


def last_number(office):
    with office.database.read() as session:
        return session.scalar(select(func.max(CaseEventRow.id))) or 0


def closes(office, case_no):
    with office.database.write() as session:
        session.get_one(CaseRow, case_no).closed_at = datetime.now(UTC)


def followers(office):
    """How many streams this process serves right now."""
    return sum(len(feed._followers) for feed in tuple(office.app.state.context.feeds._feeds.values()))

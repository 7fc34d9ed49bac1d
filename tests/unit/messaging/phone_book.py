"""A case whose applicant is to be told, and channels that remember what they were given."""

from datetime import timedelta

from sqlalchemy import select

from domain.applicant_messages import MessageKind
from domain.dossier import Consent
from domain.errors import ChannelUnavailable
from messaging.quiet_hours import QuietHours
from messaging.sender import MessageSender
from storage.cases.applicant_messages import MessageRow, enqueue, open_values
from storage.cases.rows import CaseRow, write_dossier
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, give_case


class Remembering:
    """A channel that takes everything, or raises what it is told to."""

    name = "sms"

    def __init__(self):
        self.given = []
        self.refusing = []

    def send(self, message_id, to, text):
        self.given.append((message_id, to, text))
        if self.refusing:
            raise self.refusing.pop(0)

    def away(self, times):
        self.refusing = [ChannelUnavailable("away", code="503") for _ in range(times)]


class Outbox:
    """`now` may be moved; `tell` queues a message, `turn` is one turn of the sender."""

    def __init__(self, database, channel, consent=True, dossier=DOSSIER):
        self.database, self.channel, self.now = database, channel, NOW
        with database.write() as session:
            give_case(session, CASE)
            case = session.get_one(CaseRow, CASE)
            agreed = Consent(version="1", accepted=True, messages=consent)
            write_dossier(case, SEALER, dossier.model_copy(update={"consent": agreed}))
        self.sender = MessageSender(database, SEALER, channel, lambda: self.now, QuietHours())

    def tell(self, kind=MessageKind.ACCEPTED, key=None, **more):
        with self.database.write() as session:
            enqueue(session, case_no=CASE, key=key or f"1-{kind}", kind=kind, now=self.now, **more)

    def turn(self, hours=0.0):
        self.now += timedelta(hours=hours)
        return self.sender.send_due()

    def rows(self):
        with self.database.read() as session:
            return list(session.scalars(select(MessageRow)))

    @property
    def row(self):
        with self.database.read() as session:
            return session.scalars(select(MessageRow)).one()

    @property
    def words(self):
        row = self.row
        return open_values(SEALER, row.id, row.words)

    def tasks(self):
        with self.database.read() as session:
            return list(session.scalars(select(TaskRow)))

"""Our postal side whole, without Temporal: a database, the scans, the legs' activities and a clock that is set."""

import itertools
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from activities.door_promises import DoorPromises, LateUploads
from activities.parcel_booking import ParcelBooking
from activities.parcel_closing import ParcelClosing
from domain.dossier import Consent, Contact, Dossier, DossierMaterial
from domain.messages import LegLookOrder, LegPlan, LookReason
from domain.outbound import Person
from domain.terms import ApplicantType, IdType, Leg, MaterialForm, Provided, Role
from logistics.promise_rules import PromiseRules, state_kept
from parcels.outlets import seed_couriers
from parcels.scan_batch import Scanner
from parcels.scan_intake import ScanIntake
from storage.base import Base, Database
from storage.cases.rows import CaseRow, write_dossier
from storage.parcels.legs import AssignmentRow, LegRow
from storage.pending_updates import UpdateRow
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import CASE, SEALER, register

TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday, ten o'clock in Chongqing."""
DOOR = (29.5400, 106.5180)
FAR = (29.5480, 106.5330)  # in the district, 1.2 km from every outlet
OUTSIDE = (29.6500, 106.5800)
BOOK = {"name": "户口簿", "form": "original", "count": 1}


class Clock:
    def __init__(self):
        self.now = TEN

    def __call__(self):
        return self.now

    def at(self, minutes):
        self.now = TEN + timedelta(minutes=minutes)


class PaperCarrier:
    """Numbers from one row; cancels everything."""

    def __init__(self):
        self.cancelled = []

    def book(self, leg_id, leg, origin, destination):
        return f"{1_200_000_000_000 + sum(map(ord, leg_id)) * 97}"

    def cancel(self, leg_id):
        self.cancelled.append(leg_id)


class PostOffice:
    def __init__(self, folder, rules=None, url=None):
        self.clock = Clock()
        self.database = Database(url or f"sqlite:///{folder / 'kuayu.db'}", SEALER)
        Base.metadata.create_all(self.database.engine)
        self.promises = DoorPromises(rules or PromiseRules(), dict)
        self.carrier = PaperCarrier()
        self.carrying = ParcelBooking(self.database, SEALER, self.carrier, self.promises, self.clock)
        self.ending = ParcelClosing(self.database, self.carrier, self.promises, self.clock)
        self.intake = ScanIntake(self.database, self.clock, lambda: None)
        self.late_uploads = LateUploads(self.database, self.promises, self.clock)
        self._sequences: dict[str, itertools.count] = {}
        with self.database.write() as session:
            seed_couriers(session)
        register(self.database)

    def live(self, door=DOOR, *, fetched=True):
        """The applicant's door, for the legs that are booked from now on; papers not `fetched` are in the hall."""
        contact = Contact(
            address="渝中区大坪正街1号",
            lat=door[0] if door else None,
            lon=door[1] if door else None,
            contact_name="王秀兰",
            contact_phone="13800000001",
        )
        book = DossierMaterial(seq=1, name="户口簿", form=MaterialForm.ORIGINAL, provided=Provided.ORIGINAL)
        person = Person(
            type=ApplicantType.PERSONAL, name="王秀兰", id_type=IdType.RESIDENT, id_number="x", phone="13800000001"
        )
        dossier = Dossier(
            applicant=person,
            materials=(book,),
            pickup=contact if fetched else None,
            delivery=contact,
            consent=Consent(version="1", accepted=True),
        )
        with self.database.write() as session:
            write_dossier(session.get_one(CaseRow, CASE), SEALER, dossier)

    def order(self, leg=Leg.PICKUP, number=1, door=DOOR):
        """A leg as its workflow begins it: booked, then looked at."""
        self.live(door, fetched=leg is Leg.PICKUP)
        leg_id = f"{CASE}-{leg}-{number}"
        self.carrying.book_leg(LegPlan(leg_id=leg_id, case_no=CASE, handling_no=CASE, leg=leg))
        self.look(leg_id, LookReason.ORDERED)
        return leg_id

    def look(self, leg_id, reason=LookReason.BOUNDARY):
        return self.carrying.look_after(LegLookOrder(leg_id=leg_id, reason=reason, at=self.clock())).next_look_at

    def scan(self, leg_id, kind, minutes, device=None, **more):
        """One scan that was made at `minutes` past ten and comes now."""
        leg = self.leg(leg_id)
        device = device or leg.courier_id
        sequence = next(self._sequences.setdefault(device, itertools.count(1)))
        event = {
            "eventId": f"{device}-{sequence:06d}",
            "deviceSeq": sequence,
            "occurredAt": (TEN + timedelta(minutes=minutes)).isoformat(),
            "kind": kind,
            "code": leg.tracking_no,
            "epoch": leg.epoch,
            "gps": {"lat": leg.lat, "lon": leg.lon, "accuracyM": 10, "datum": "WGS-84"} if leg.lat else None,
        }
        role = Role.CLERK if kind == "HALL_CHECKED" else Role.COURIER
        scanner = Scanner(username=role.value, role=role, serves_hall=role is Role.CLERK)
        answer = self.intake.take(device, [event | more], scanner)
        assert [result.result.value for result in answer.results] == ["accepted"], answer
        return answer

    def hear(self, courier_id):
        """The device says that it has nothing more to say."""
        self.intake.take(courier_id, [], Scanner(username="courier", role=Role.COURIER))

    def leg(self, leg_id):
        with self.database.read() as session:
            return session.get(LegRow, leg_id)

    def promise(self, leg_id):
        return state_kept(self.leg(leg_id).promise)

    def tasks(self, open_only=True):
        with self.database.read() as session:
            query = select(TaskRow.kind).order_by(TaskRow.kind)
            return list(session.scalars(query.filter_by(resolved_at=None) if open_only else query))

    def assigned(self, leg_id):
        with self.database.read() as session:
            query = select(AssignmentRow.courier_id).filter_by(leg_id=leg_id).order_by(AssignmentRow.version)
            return list(session.scalars(query))

    def effects(self, leg_id):
        with self.database.read() as session:
            query = select(UpdateRow.argument).filter_by(workflow_id=f"leg-{leg_id}", name="scan_effect")
            return list(session.scalars(query.order_by(UpdateRow.id)))

    def looks_asked(self):
        with self.database.read() as session:
            return list(session.scalars(select(UpdateRow.workflow_id).filter_by(name="task_resolved")))

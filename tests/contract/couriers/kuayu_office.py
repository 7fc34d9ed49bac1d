"""Kuayu's own postal routes over real HTTP and a real database, without Temporal."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

from fastapi import FastAPI
from pydantic import SecretBytes

from domain.dossier import Contact
from domain.terms import Role
from domain.units import FIRST_UNIT
from exchange.buckets import Buckets
from parcels.units import seed_units
from runtime.account_settings import AccountSettings
from runtime.container import audit_trail
from runtime.document_settings import DocumentSettings
from storage.base import Base, Database
from storage.documents.folder import FolderBlobs
from storage.documents.store import Documents
from storage.parcels.legs import CourierRow, LegRow
from storage.people.passwords import hashed
from storage.people.users import put_user
from storage.sealing import Sealer
from tests.sealing import SEALER
from tests.unit.storage.casework import give_case
from web.api import documents, outlets, parcels, scans, work_lists
from web.foundation import problems
from web.foundation.auditing import Auditor
from web.foundation.login_tries import LoginTries
from web.foundation.presence import Presence
from web.foundation.units import Units
from web.foundation.work_version import WorkVersion
from web.security import session as sessions

PAPERS = [{"name": "户口簿", "form": "original", "count": 1}, {"name": "申请表", "form": "form", "count": 1}]
OUTLET = "shiyoulu"


SEAL_KEYS = SimpleNamespace(keys=[SimpleNamespace(kid="k1", secret=SecretBytes(b"k" * 32))])


def now():
    return datetime.now(UTC)


@dataclass
class Office:
    database: Database
    sealer: Sealer
    app: FastAPI
    kicks: list = field(default_factory=list)

    def order(self, leg_id, number, *, courier="c1", tail="1234", scale=6000.0, **more):
        contact = Contact(address="渝中区石油路 1 号", contact_name="李小明", contact_phone=f"1380000{tail}")
        with self.database.write() as session:
            give_case(session, leg_id[:21])
            session.add(
                LegRow(
                    leg_id=leg_id,
                    case_no=leg_id[:21],
                    handling_no=leg_id[:21],
                    leg=leg_id.split("-")[1],
                    region="500103",
                    tracking_no=number,
                    stage="ASSIGNED",
                    manifest=PAPERS,
                    contact=self.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}"),
                    outlet_id=OUTLET,
                    courier_id=courier,
                    time_scale=scale,
                    **({"lat": 29.5400, "lon": 106.5100, "ordered_at": now()} | more),
                )
            )

    def leg(self, leg_id):
        with self.database.read() as session:
            return session.get(LegRow, leg_id)


def open_office(folder, couriers=("c1", "c2"), scale=6000.0):
    database = Database(f"sqlite:///{folder / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    sealer = Sealer({"k1": b"k" * 32})
    app = FastAPI()
    office = Office(database, sealer, app)
    settings = SimpleNamespace(
        time_scale=scale,
        documents=DocumentSettings(),
        seal_keys=SEAL_KEYS,
        label_key=None,
        mark_keys=None,
        public_url="http://kuayu.test",
        sandbox=True,
        second_factor_roles="off",
        accounts=AccountSettings(),
        devices="any",
    )
    app.state.context = SimpleNamespace(
        settings=settings,
        accounts=Buckets(0),
        login_tries=LoginTries(),
        presence=Presence(),
        units=Units(),
        provider=None,
        certificates=None,
        auditor=Auditor(database, audit_trail(settings), now),
        database=database,
        sealer=sealer,
        documents=Documents(FolderBlobs(folder / "documents"), sealer),
        now=now,
        notify=lambda: office.kicks.append(1),
        work_version=WorkVersion(database),
    )
    app.state.is_stopping = lambda: False
    problems.install(app)
    for router in (sessions.router, outlets.router, work_lists.router, parcels.router, scans.router, documents.router):
        app.include_router(router)
    demo = hashed("demo")
    with database.write() as session:
        seed_units(session, ())
        for role in (Role.COURIER, Role.CLERK, Role.OFFICER, Role.SUPERVISOR):
            put_user(session, role.value, role, demo, FIRST_UNIT[role])
        for courier_id in couriers:
            session.add(CourierRow(courier_id=courier_id, outlet_id=OUTLET, lat=29.5345, lon=106.503))
    return office

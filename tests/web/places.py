"""An office with two of everything: HERE a hall, a department, an outlet with its courier, THERE others, and what is
each one's: a case decided in the own city, its parcel, tasks, a claim, a draft, a file, a bag.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.dossier import Contact
from domain.tasks import TaskKind
from domain.terms import Role
from domain.units import DISTRICT, POST, Unit, UnitKind
from domain.wire import after_submit
from parcels.outlets import seed_couriers
from storage.cases.rows import CaseRow, HandlingRow
from storage.exchange.exchange_log import ExchangeRow
from storage.parcels.bags import BagRow
from storage.parcels.claims import ClaimRow
from storage.parcels.legs import LegRow
from storage.parcels.suspensions import SuspensionRow
from storage.people.devices import EnrolledDeviceRow
from storage.people.passwords import hashed
from storage.people.units import add_units, units_now
from storage.people.users import put_user
from storage.tasks.rows import open_task
from tests.web.office import ITEM, MATERIALS, YUBEI, Office, case_body

STREET, NORTH = "street-a", "hall-north"


@dataclass(frozen=True)
class Side:
    """Where its people stand, and what is theirs; `tasks`: by the role that has them."""

    name: str
    hall: str
    item: str
    outlet: str
    network: str
    unit: str
    serial: int

    def who(self, role: Role) -> str:
        """The login of somebody of this side who has a role."""
        return f"{role.value}-{self.name}"

    @property
    def courier(self) -> str:
        return f"{self.outlet}-1"

    @property
    def tracking_no(self) -> str:
        return f"EA00000{self.serial:04d}CN"

    @property
    def bag_no(self) -> str:
        return f"BG-{self.name.upper()}-1"

    @property
    def device(self) -> str:
        return f"web-{self.name}"

    @property
    def draft(self) -> str:
        return f"{self.serial:032x}"


HERE = Side("here", hall="hall", item=ITEM, outlet="shiyoulu", network="sichuan", unit=STREET, serial=7101)
THERE = Side("there", hall=NORTH, item=MATERIALS, outlet="datongjie", network="southwest", unit=NORTH, serial=7202)
SIDES = (HERE, THERE)


@dataclass(frozen=True)
class Theirs:
    """What is one side's: ids by the part of an address that names them; `task`: by the role whose it is."""

    ids: dict[str, str]
    task: dict[Role, str]

    def fill(self, path: str, role: Role) -> str:
        """A route's path with this side's ids; of a role that has no tasks the supervisor's."""
        ids = self.ids | {"task_id": self.task.get(role, self.task[Role.SUPERVISOR])}
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"say in tests/web/places.py what {path} stands for"
        return path

    def marks(self) -> set[str]:
        """What shows, in any answer, that it tells of this side."""
        shown = (
            "case_no",
            "tracking_no",
            "leg_id",
            "claim_id",
            "draft_id",
            "bag_no",
            "device_id",
            "username",
            "sha256",
        )
        return {self.ids[name] for name in shown} | set(self.task.values())


@dataclass(frozen=True)
class TwoOfEach:
    office: Office
    of: dict[str, Theirs]

    def call(self, who, method, path, body=None, **more):
        return self.office.call(method, path, who, body, **more)


TASKS = {
    Role.CLERK: TaskKind.NOT_TAKEN,
    Role.SUPERVISOR: TaskKind.CONTRADICTION,
    Role.OUTLET: TaskKind.PLACE_ADDRESS,
    Role.OPERATOR: TaskKind.CASE_BROKEN,
}


def settle(office) -> TwoOfEach:
    """People and what is theirs, on both sides."""
    _people(office)
    return TwoOfEach(office, {side.name: _theirs(office, side) for side in SIDES})


def stand(office, username, role, unit, courier=None):
    """One more person, logged in."""
    with office.database.write() as session:
        put_user(session, username, role, _DEMO, unit, courier)
    answer = office.call("POST", "/api/v1/login", body={"username": username, "password": "demo"})
    assert answer.status_code == 200, answer.text
    office.tokens[username] = answer.json()["token"]
    return username


_DEMO = hashed("demo")


def _people(office):
    with office.database.write() as session:
        seed_couriers(session)
        add_units(session, [
            Unit(id=NORTH, kind=UnitKind.HALL, name="北区大厅", parent=DISTRICT),
            Unit(id=STREET, kind=UnitKind.STREET, name="甲街道便民中心", parent="hall"),
        ])  # fmt: skip
        departments = {unit.ref: unit.id for unit in units_now(session).values() if unit.kind is UnitKind.DEPARTMENT}
    for side in SIDES:
        item = office.call("GET", f"/api/v1/items/{side.item}", "clerk").json()
        stand(office, side.who(Role.CLERK), Role.CLERK, side.hall)
        stand(office, side.who(Role.OFFICER), Role.OFFICER, departments[item["department"]])
        stand(office, side.who(Role.OUTLET), Role.OUTLET, side.outlet)
        stand(office, side.who(Role.COURIER), Role.COURIER, side.outlet, side.courier)
        stand(office, side.who(Role.SUPERVISOR), Role.SUPERVISOR, side.hall)
        stand(office, side.who(Role.AUDITOR), Role.AUDITOR, side.hall)
        stand(office, side.who(Role.SECURITY), Role.SECURITY, side.hall)
        stand(office, f"decides-{side.name}", Role.SUPERVISOR, departments[item["department"]])
        stand(office, f"watches-{side.name}", Role.SUPERVISOR, side.network)
        stand(office, f"spare-{side.name}", Role.CLERK, side.hall)
    stand(office, "post-supervisor", Role.SUPERVISOR, POST)


def _theirs(office, side):
    clerk = replace(office, tokens=office.tokens | {"clerk": office.tokens[side.who(Role.CLERK)]})
    body_of_a_file = f"%PDF-1.7 {side.name}".encode()
    sha256 = clerk.uploaded(data=body_of_a_file)
    case_no = _started(clerk, side, sha256)
    leg_id = f"{case_no}-DELIVERY-1"
    context, now = office.app.state.context, datetime.now(UTC)
    contact = Contact(address="中山一路1号", contact_name="李四", contact_phone="13800000009")
    with office.database.write() as session:
        case, handling = session.get_one(CaseRow, case_no), session.get_one(HandlingRow, case_no)
        assert case.unit_id == side.hall
        handling.progress = after_submit(handling.progress)
        session.add(LegRow(
            leg_id=leg_id, case_no=case_no, handling_no=case_no, leg="DELIVERY", region="500103", stage="ASSIGNED",
            tracking_no=side.tracking_no, outlet_id=side.outlet, courier_id=side.courier, ordered_at=now,
            deadline_at=now + timedelta(hours=1), planned_arrival_at=now + timedelta(minutes=20),
            contact=context.sealer.seal(contact.model_dump_json().encode(), f"leg/{leg_id}"),
        ))  # fmt: skip
        session.add(EnrolledDeviceRow(
            device_id=side.device, name=side.name, outlet_id=side.outlet, public_key=b"public", invited_by="somebody",
            enrolled_by="somebody", enrolled_at=now,
        ))  # fmt: skip
        session.add(BagRow(
            bag_no=side.bag_no, origin="hall" if side is HERE else "chaotianmen", destination=side.outlet,
            seal_no="S1", expected=1, closed_at=now, closed_by="x",
        ))  # fmt: skip
        session.add(ClaimRow(
            claim_id=f"{case_no}-C1", case_no=case_no, number=1, leg_id=leg_id, kind="LOST", state="OPENED", version=1,
            service="registered", behalf="applicant", stage="LOST", posted_at=now, papers=[], documents=[], facts=[],
            whole=True, gross=False, asked_fen=100, opened_by=side.who(Role.CLERK), opened_at=now,
            due_at=now + timedelta(days=1),
        ))  # fmt: skip
        suspension = SuspensionRow(
            outlet_id=side.outlet, from_at=now, to_at=now + timedelta(hours=2), declared_at=now, reason="暴雨",
            by="somebody", alone_until=now,
        )  # fmt: skip
        line = ExchangeRow(
            at=now, partner=side.network, direction="out", kind="poll", message_id=side.name, verdict="OK",
            duration_ms=1,
        )  # fmt: skip
        session.add_all((suspension, line))
        about = {"case_no": case_no, "handling_no": case_no, "leg_id": leg_id, "now": now}
        tasks = {role: open_task(session, key=f"{case_no}/{kind}", kind=kind, **about) for role, kind in TASKS.items()}
        session.flush()
        rows = {"suspension_id": str(suspension.id), "line_id": str(line.id)}
    draft = {"page": "0" * 16, "version": 0, "fields": [["itemCode", side.item]]}
    kept = office.call("PUT", f"/api/v1/drafts/{side.draft}", side.who(Role.CLERK), draft)
    assert kept.status_code in (200, 201), kept.text
    ids = rows | {
        "case_no": case_no, "handling_no": case_no, "leg_id": leg_id, "tracking_no": side.tracking_no,
        "claim_id": f"{case_no}-C1", "bag_no": side.bag_no, "draft_id": side.draft, "sha256": sha256,
        "device_id": side.device, "outlet_id": side.outlet, "courier_id": side.courier, "unit_id": side.unit,
        "partner": side.network,
        "username": f"spare-{side.name}", "paper_no": f"{case_no}-P1", "message_id": "none", "proposal_id": "1",
        "session_id": "0" * 16, "row_id": "1", "seq": "1", "kind": "RECEIPT", "page": "1",
    }  # fmt: skip
    return Theirs(ids, tasks)


def _started(office, side, sha256):
    body = case_body(office, side.serial, region=YUBEI, item=side.item)
    electronic = [material for material in body["materials"] if material["provided"] == "electronic"]
    for material in electronic or body["materials"][:1]:
        material["sha256"] = sha256
    answer = office.call("POST", "/api/v1/cases", "clerk", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["caseNo"])

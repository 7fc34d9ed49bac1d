"""The whole application over a database of its own, without Temporal: what the hall's desk sees."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.items import load
from demo.scans import SCAN
from domain.messages import ClockOrder
from domain.recording import CaseChange
from domain.terms import CaseStatus, MaterialForm, Role
from domain.units import FIRST_UNIT
from runtime.container import code_desk
from runtime.settings import load_settings
from storage.base import Database
from storage.migrating import migrate
from storage.people.passwords import hashed
from storage.people.users import password_of, put_user
from tests.answering import Described
from tests.borders import nobodys_ports
from web.api.papers import track_address
from web.app import build_app

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""10 o'clock in Chongqing."""

PERSON = {
    "type": "personal",
    "name": "王秀兰",
    "idType": "居民身份证",
    "idNumber": "11010519491231002X",
    "phone": "13800000001",
    "householdRegion": None,
}
_PROVIDED = {MaterialForm.ORIGINAL: "original", MaterialForm.COPY: "copy", MaterialForm.FORM: "original"}


def new_database(path: Path) -> None:
    """Tables and one user per role; made once and copied, because passwords are slow on purpose."""
    database = Database(f"sqlite:///{path}")
    migrate(database.engine)
    demo = hashed("demo")
    with database.write() as session:
        for role in Role:
            put_user(session, role.value, role, demo, FIRST_UNIT[role])
    database.close()


class Hall:
    """`as_(role)` gives a logged-in client; `now` may be set."""

    def __init__(self, folder, template, monkeypatch) -> None:
        shutil.copy(template, folder / "kuayu.db")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'kuayu.db'}")
        monkeypatch.chdir(folder)
        for name in ("PORT", "TIME_SCALE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SANDBOX", "1")
        monkeypatch.setenv("DATA_DIR", str(folder))
        self.now = MONDAY
        self.app = build_app(load_settings(**nobodys_ports()))
        made = self.app.state.context
        made.reference_data._now = lambda: self.now
        self.context = self.app.state.context = replace(made, now=lambda: self.now)
        self.database: Database = self.context.database
        self._clients: dict[tuple[str, datetime], Described] = {}  # a login ends with the day

    def as_(self, role: Role = Role.CLERK) -> Described:
        return self._logged_in(role.value)

    def as_user(self, username: str, role: Role, unit: str | None = None, courier: str | None = None) -> Described:
        """One more person of a role: a second clerk, somebody of another unit, a courier who is one in particular."""
        with self.database.write() as session:
            demo = password_of(session, role.value)
            assert demo is not None
            put_user(session, username, role, demo, unit or FIRST_UNIT[role], courier)
        return self._logged_in(username)

    def _logged_in(self, username: str) -> Described:
        if (username, self.now) not in self._clients:
            client = Described(self.app)
            token = client.post("/api/v1/login", json={"username": username, "password": "demo"}).json()["token"]
            client.cookies.clear()
            client.headers["Authorization"] = f"Bearer {token}"
            self._clients[username, self.now] = client
        return self._clients[username, self.now]

    def nobody(self) -> Described:
        """A client without a login: an applicant, or anybody."""
        return Described(self.app)

    def code(self, case_no: str) -> str:
        """As the receipt prints it."""
        desk = code_desk(self.context.settings, self.context.sealer)
        with self.database.read() as session:
            return desk.printed(session, case_no)

    def token(self, case_no: str) -> str:
        """As the square code of the receipt says it."""
        return track_address(self.context, case_no).rpartition("/t/")[2]

    def tracked(self, case_no: str, code: str | None = None, client: Described | None = None) -> Any:
        """What the applicant's program is answered; with the code of the receipt unless another is given."""
        said = self.code(case_no) if code is None else code
        asked = {"params": {"caseNo": case_no}, "headers": {"X-Track-Code": said}}
        return (client or self.nobody()).get("/api/v1/track", **asked)

    def visitor(self, case_no: str, *, scanned: bool = False) -> Described:
        """An applicant's browser that looks at the case: by number and code, or by the square code."""
        browser = self.nobody()
        if scanned:
            assert browser.get(f"/t/{self.token(case_no)}").status_code == 200
        else:
            seen = browser.post("/track", data={"caseNo": case_no, "code": self.code(case_no)})
            assert seen.status_code == 200, seen.text
        return browser

    def start(self, body: dict[str, Any], **more: Any) -> Any:
        body = body | more
        with_files = [
            m | {"sha256": self.uploaded()} if m["provided"] == "electronic" else m for m in body["materials"]
        ]
        body |= {"materials": with_files}
        return self.as_().post("/api/v1/cases", json=body, headers={"Idempotency-Key": uuid4().hex})

    def uploaded(self, role: Role = Role.CLERK, data: bytes = SCAN) -> str:
        return str(self.as_(role).post("/api/v1/documents", content=data).json()["sha256"])

    def started(self, body: dict[str, Any] | None = None, **more: Any) -> str:
        answer = self.start(body or case_body(), **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["caseNo"])

    def record(self, case_no: str, status: CaseStatus, kind: str | None = None, **more: Any) -> None:
        """What the workflow would write down."""
        from activities.records import Records

        change = CaseChange(
            key=f"{kind or status}-{uuid4().hex[:6]}",
            case_no=case_no,
            kind=kind or status,
            at=self.now,
            case_status=status,
            on_hold=False,
            withdrawal_pending=False,
            **{"handling_no": case_no, "handling_status": status} | more,
        )
        Records(self.database, self.context.inbox, _no_clock, lambda: self.now).record(change)


def _no_clock(order: ClockOrder, *_: Any) -> Any:
    raise AssertionError(f"no clock is started here: {order.kind}")


def an_item(fits) -> Any:
    """The first item of the bundled list that fits and is handled at one place."""
    return next(item for item in load().items if fits(item) and not item.roles)


def places_of(item: Any, region: str) -> list[dict[str, Any]]:
    """`region`, and for a joint item with roles another place for each further role."""
    regions = (region, *(other for other in ("511602", "510104", "500112") if other != region))
    return [{"region": place, "role": role} for place, role in zip(regions, item.roles or [None], strict=False)]


def licence(material: Any) -> dict[str, Any]:
    """What is said of an electronic licence that stands in for this material."""
    number = PERSON["idNumber"] if material.e_licence == "居民身份证" else "渝500103〔2026〕17号"
    return {"type": material.e_licence, "number": number, "issuer": "重庆市公安局渝中区分局", "consent": True}


def case_body(item: Any = None, region: str = "510104", **materials: str) -> dict[str, Any]:
    """A complete body; `m3="deferred"` says how material 3 is brought."""
    item = item or an_item(lambda i: i.code and i.applicant.value != "enterprise" and "chuanyu" in i.schemes)
    how = {int(name[1:]): value for name, value in materials.items()}
    return {
        "itemCode": item.code,
        "handlings": places_of(item, region),
        "mode": None,
        "applicant": PERSON,
        "agent": None,
        "materials": [
            {"seq": m.seq, "provided": how.get(m.seq, _PROVIDED.get(m.form, "electronic")), "pages": 1, "sha256": None}
            | ({"licence": licence(m)} if how.get(m.seq) == "licence" else {})
            for m in item.materials
        ],
        "pickup": None,
        "delivery": None,
        "consent": {"version": "2026-11", "accepted": True},
        "duplicateReason": "各项测试用同一申请人",  # counts only where the person has such a case already
    }

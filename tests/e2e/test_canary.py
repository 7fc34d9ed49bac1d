"""A day in the hall with people who are nowhere else: afterwards nothing of theirs stands anywhere in clear.

Looked through: our database and the Temporal server's, row by row and file by file with their journals; documents;
histories as the server has them and as we read them; the log of every process; metrics; the folder for temporary
files. Left out by name are the played sides' own books and logs: they hold what the contract gives them.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from catalog.items import load
from demo.__main__ import stage_of
from demo.client import Caller
from demo.filling import filled
from demo.play import Stage
from demo.stories import ARRIVED_S
from demo.system import System, start, stop, wait_ready
from domain.identifiers import mod_11_2
from runtime.codec import SealingCodec
from runtime.key_files import sandbox_keys
from runtime.keys import KeyRing
from runtime.settings import load_settings
from storage.base import Database
from storage.resealing import held
from storage.sealing import OF_CASE, OF_FILE
from tests.e2e.canaries import Search, files_under, rows_of
from tests.e2e.whole import until
from tests.receipts import printed_code, receipt_of, tracked
from tests.sealing import sealer_in

pytestmark = pytest.mark.e2e

TIME_SCALE = 240.0
WITHIN_S = 240.0
PLAYED = frozenset({"sandbox-partners.db", "sandbox-couriers.db", "partners.log", "couriers.log"})
"""What belongs to the networks, the couriers and the phones that are played."""
OURS = ("web.log", "worker.log", "migrate.log", "temporal.log")
ONLINE, TWO_WAY = "YZ-HRSS-001", "YZ-MPS-001"
DOORS = {
    "pickup": ("重庆市渝中区中山三路131号鸢尾阁7幢604室", 29.5541379, 106.5498173),
    "delivery": ("重庆市渝中区民生路235号木槿苑2单元1903室", 29.5578613, 106.5651937),
}
NAMES = ("司空翡翠", "濮阳琥珀", "公良玳瑁", "澹台珊瑚", "钟离璎珞", "闻人砗磲")
_NOT_OF_A_CASE = {
    *("case_draft.content", "case_key.sealed", "document_upload.key", "exchange_body.sealed", "totp.sealed"),
    *("interprovincial_secret.sealed", "southwest_batch_in.held", "southwest_batch_out.rows_gz"),
    *("courier.lat", "courier.lon", "suspension.reason", "suspension.end_reason", "scan_quarantine.payload"),
}


@dataclass
class Day:
    """The words of the day, by what they are, and the cases."""

    words: dict[str, str | float] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)

    def word(self, what: str, text: str) -> str:
        self.words[what] = text
        return text

    def person(self, place: int) -> dict[str, Any]:
        body = f"500199{1963 + place}0{1 + place}1{place}73{place}"
        name, number, phone = NAMES[place], body + mod_11_2(body), f"1993746{5100 + 137 * place}"
        self.words |= {f"name {place}": name, f"number {place}": number, f"phone {place}": phone}
        return {
            "type": "personal",
            "name": name,
            "idType": "居民身份证",
            "idNumber": number,
            "phone": phone,
            "householdRegion": None,
        }

    def door(self, which: str, place: int) -> dict[str, Any]:
        address, lat, lon = DOORS[which]
        person = self.person(place)
        self.words |= {f"{which} house": address.partition("号")[2], f"{which} lat": lat, f"{which} lon": lon}
        return {
            "address": address,
            "lat": lat,
            "lon": lon,
            "datum": "WGS-84",
            "contactName": person["name"],
            "contactPhone": person["phone"],
        }

    def scan(self, what: str) -> bytes:
        """A file with a word in it."""
        said = self.word(what, f"檀木匣中{what}原文")
        return b"%PDF-1.4\n% " + said.encode() + b"\n%%EOF\n"


class Hall:
    """Everybody of our side, over the public interface."""

    def __init__(self, system: System, day: Day) -> None:
        self.base, self.day = system.kuayu, day
        self.stage: Stage = stage_of(system)
        self.supervisor, self.operator = Caller(self.base, "supervisor"), Caller(self.base, "operator")
        self._serial = 0

    def key(self) -> str:
        self._serial += 1
        return f"canary-{self._serial:06d}"

    def register(self, item: str, region: str, place: int, *steps: dict[str, Any], **doors: Any) -> str:
        """A case of the `place`-th person, whose authority follows this script."""
        person = self.day.person(place)
        if steps:
            self.stage.partners.put(f"/control/scripts/{person['phone']}", list(steps))
        body = self._body(item, region, person, doors)
        case_no = str(self.stage.clerk.post("/api/v1/cases", body, self.key())["caseNo"])
        self.day.cases.append(case_no)
        return case_no

    def _body(self, code: str, region: str, person: dict[str, Any], doors: dict[str, Any]) -> dict[str, Any]:
        item = next(one for one in load().items if one.code == code)
        form = filled(item, person, 1, fetched="pickup" in doors)
        scan = self.stage.clerk.upload(self.day.scan(f"scan of {person['name']}"))
        provided = {"original": "original", "copy": "copy", "form": "original"}
        materials = []
        for one in form.item.materials:
            how = provided.get(one.form, "electronic")
            sha256 = scan if how == "electronic" else None
            materials.append({"seq": one.seq, "provided": how, "pages": 1, "sha256": sha256})
        return {
            "itemCode": code,
            "handlings": [{"region": region, "role": None}],
            "mode": None,
            "applicant": person,
            "agent": None,
            "materials": materials,
            "pickup": doors.get("pickup"),
            "delivery": doors.get("delivery"),
            "consent": {"version": "2026-11", "accepted": True, "messages": True},
            "form": None if form.answers is None else {"answers": form.answers},
        }

    def case(self, case_no: str) -> dict[str, Any]:
        return dict(self.stage.clerk.get(f"/api/v1/cases/{case_no}"))

    def stands(self, case_no: str, *statuses: str) -> dict[str, Any]:
        """The case, once it stands so."""
        return dict(until(lambda: (c := self.case(case_no))["status"] in statuses and c, WITHIN_S))

    def decide(self, case_no: str, *said: tuple[str, dict[str, Any]]) -> None:
        """The officer says this, one thing after the other, each when it is its turn."""
        path = f"/api/v1/handlings/{case_no}"
        for event, payload in said:
            until(lambda event=event: self._may_say(case_no, event), WITHIN_S)
            self.stage.officer.post(f"{path}/decisions", {"event": event, "payload": payload}, self.key())

    def _may_say(self, case_no: str, event: str) -> bool:
        mine = self.stage.officer.get("/api/v1/handlings?mine=true")["handlings"]
        return any(one["handlingNo"] == case_no and event in one["next"] for one in mine)

    def browser(self, username: str) -> requests.Session:
        """A page's own session."""
        session = requests.Session()
        session.headers["Origin"] = self.base
        who = {"username": username, "password": "demo"}
        session.post(f"{self.base}/api/v1/login", json=who, timeout=20).raise_for_status()
        return session


@pytest.fixture(scope="module")
def after(tmp_path_factory):
    """The folder of a system that has had its day and was stopped, the day, and what only a running one says."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / "temporary").mkdir()
    system = start(folder, TIME_SCALE, settings={"TMPDIR": str(folder / "temporary")})
    try:
        wait_ready(system, lambda _: None)
        day = Day()
        hall = Hall(system, day)
        spend(hall)
        said = {"metrics": hall.operator._session().get(f"{system.kuayu}/metrics", timeout=20).content}
        said |= asyncio.run(histories(system))
    finally:
        stop(system)
    return folder, day, said


def spend(hall: Hall) -> None:
    """The day: every wire, a two-way delivery, a change of a visit, supplements, decisions, and all that is asked."""
    day = hall.day
    two_way = travels(hall)
    refused = words_of_authorities(hall)
    ours, turned_down = decided_here(hall)
    withdrawn = hall.register(ONLINE, "510104", 4, {"event": "RECEIVED"}, {"event": "ACCEPTED"}, {"await": "never"})
    hall.stands(withdrawn, "ACCEPTED")
    reason = day.word("why withdrawn", "因家母杜若病重而撤回")
    hall.stage.clerk.post(f"/api/v1/cases/{withdrawn}/withdraw", {"reason": reason}, hall.key())
    asked_for(hall, two_way)
    refusals(hall)
    for case_no in (two_way, *refused, ours, turned_down):
        close(hall, case_no)
    hall.stands(withdrawn, "WITHDRAWN", "ACCEPTED", "REVIEWING")
    read_by_applicants(hall, ours)


def travels(hall: Hall) -> str:
    """Fetched at one door, brought to another; its contact is changed on the way, something is asked for."""
    day = hall.day
    reason = day.word("what lacks", "缺少紫薇巷房屋的租赁合同")
    back = {"event": "RESULT_SENT", "after_s": ARRIVED_S}
    asked = {"event": "NEED_SUPPLEMENT", "payload": {"reason": reason, "materials": ["租赁合同"]}}
    course = ({"event": "RECEIVED"}, asked, {"await": "supplement"}, {"event": "ACCEPTED"}, {"event": "APPROVED"}, back)
    doors = {which: day.door(which, place) for place, which in enumerate(("pickup", "delivery"), start=4)}
    hall.stage.couriers.put(f"/control/scripts/{doors['pickup']['contactPhone'][-4:]}", {"late_s": 900})
    case_no = hall.register(TWO_WAY, "511602", 0, *course, **doors)
    pickup = until(lambda: [p for p in hall.case(case_no)["parcels"] if p["leg"] == "PICKUP"], WITHIN_S)[0]["legId"]
    change = {
        "kind": "CONTACT",
        "version": 0,
        "contactName": day.word("another at the door", "慕容鹧鸪"),
        "contactPhone": day.word("another phone", "19937469182"),
    }
    hall.stage.clerk.post(f"/api/v1/cases/{case_no}/legs/{pickup}/changes", change, hall.key())
    hall.stands(case_no, "SUPPLEMENT_REQUIRED")
    file = hall.stage.clerk.upload(day.scan("supplement"))
    brought = [{"seq": 1, "provided": "electronic", "pages": 1, "sha256": file}]
    hall.stage.clerk.post(f"/api/v1/cases/{case_no}/supplements", {"round": 1, "materials": brought}, hall.key())
    return case_no


def words_of_authorities(hall: Hall) -> tuple[str, str]:
    """Refusals over the two wires that are polled, with words about the person."""
    words = [hall.day.word(f"refusal {wire}", f"申请人{wire}与其妹芙蕖共有一户") for wire in ("西南", "跨省")]
    payloads = [{"reason": word, "legalBasis": "户口登记条例"} for word in words]
    begin = ({"event": "RECEIVED"}, {"event": "ACCEPTED"})
    return (
        hall.register(ONLINE, "520102", 1, *begin, {"event": "REJECTED", "payload": payloads[0]}),
        hall.register(ONLINE, "440103", 2, {"event": "RECEIVED"}, {"event": "NOT_ACCEPTED", "payload": payloads[1]}),
    )


def decided_here(hall: Hall) -> tuple[str, str]:
    """An approval with a number and a file, and a refusal with words, by an officer of our own."""
    day = hall.day
    granted, refused = (hall.register(ONLINE, "500112", place) for place in (3, 5))
    number = day.word("document number", "渝鸢字〔2026〕739516号")
    result = {
        "name": "失业登记证明",
        "form": "electronic",
        "documentNo": number,
        "sha256": hall.stage.officer.upload(day.scan("result")),
    }
    begin = (("RECEIVED", {}), ("ACCEPTED", {}))
    hall.decide(granted, *begin, ("APPROVED", {"result": result}))
    why = {"reason": day.word("officer's reason", "申请人曾用名木樨，情况不符"), "legalBasis": "就业促进法"}
    hall.decide(refused, *begin, ("REJECTED", why))
    return granted, refused


def asked_for(hall: Hall, case_no: str) -> None:
    """What clerks and officers do beside: draft, search, call, look, and give the person a copy."""
    day = hall.day
    draft = {"page": "page-0001", "version": 0, "fields": [["applicant.name", day.word("draft", "令狐杜鹃")]]}
    hall.stage.clerk.put(f"/api/v1/drafts/{'ab' * 16}", draft)
    window = hall.browser("clerk")
    for what in ("name 0", "number 0", "phone 0"):
        found = window.post(f"{hall.base}/search", data={"q": day.words[what]}, timeout=20)
        assert case_no in found.text
    look = {"fields": ["name", "idNumber", "phone", "address"], "reason": "OTHER"}
    words = day.word("why looked at", "核对海棠证上的字")
    shown = hall.stage.clerk.post(f"/api/v1/cases/{case_no}/unmask", look | {"words": words})
    assert day.words["number 0"] in json.dumps(shown, ensure_ascii=False)
    call = {"reason": day.word("why called", "约定茉莉花开时送达"), "whose": "applicant"}
    hall.stage.clerk.post(f"/api/v1/cases/{case_no}/phone", call)
    copy = window.get(f"{hall.base}/api/v1/cases/{case_no}/personal-data", timeout=20)
    assert copy.content.startswith(b"PK")
    window.get(f"{hall.base}/window/{case_no}", timeout=20).raise_for_status()
    hall.browser("officer").get(f"{hall.base}/officer", timeout=20).raise_for_status()


def refusals(hall: Hall) -> None:
    """What is refused is said back, and written down nowhere."""
    clerk, day = hall.browser("clerk"), hall.day
    headers = {"Idempotency-Key": hall.key()}
    wrong = hall._body(ONLINE, "510104", day.person(5), {})
    wrong["applicant"]["idNumber"] = day.word("wrong number", "500199196306231197")
    assert clerk.post(f"{hall.base}/api/v1/cases", json=wrong, headers=headers, timeout=20).status_code == 422
    broken = '{"applicant": {"name": "' + day.word("broken", "诸葛凌霄") + '"'
    assert clerk.post(f"{hall.base}/api/v1/cases", data=broken.encode(), headers=headers, timeout=20).status_code >= 400
    junk = {"deviceId": "d", "events": [{"note": day.word("junk scan", "夏侯石榴"), "eventId": 7}]}
    hall.browser("courier").post(f"{hall.base}/api/v1/scans:batch", json=junk, timeout=20)
    callback = {"caseNo": day.cases[0], "payload": {"reason": day.word("forged", "皇甫丁香")}}
    requests.post(f"{hall.base}/callbacks/sichuan/v1/events", json=callback, timeout=20)


def close(hall: Hall, case_no: str) -> None:
    """Whatever waits for a person is done, until the case is closed."""
    deadline, done = time.monotonic() + WITHIN_S, set()
    said = hall.day.word("why resolved", "栀子已代为领取")
    while hall.case(case_no)["closedAt"] is None:
        assert time.monotonic() < deadline, hall.case(case_no)["tasks"]
        for task in hall.supervisor.get(f"/api/v1/tasks?case_no={case_no}")["tasks"]:
            if task["id"] not in done and task["outcomes"]:
                done.add(task["id"])
                outcome = next((o for o in task["outcomes"] if o != "close_as_failed"), task["outcomes"][0])
                verdict = {"outcome": outcome, "reason": said}
                hall.supervisor.post(f"/api/v1/tasks/{task['id']}/resolve", verdict)
        time.sleep(0.5)


def read_by_applicants(hall: Hall, case_no: str) -> None:
    """The receipt, the page behind its code, and what the applicant says of us."""
    code = printed_code(receipt_of(hall.base, case_no))
    assert tracked(hall.base, case_no, code)["caseNo"] == case_no
    comment = hall.day.word("comment", "窗口的百合姑娘态度很好")
    rating = {"score": 5, "side": "window", "comment": comment, "code": code}
    requests.post(f"{hall.base}/api/v1/cases/{case_no}/rating", json=rating, timeout=20).raise_for_status()


async def histories(system: System) -> dict[str, bytes]:
    """What the Temporal server keeps of our workflows: as it lies there, and as we read it."""
    namespace = load_settings(None, sandbox="1").temporal_namespace
    client = await Client.connect(f"127.0.0.1:{system.environment['TEMPORAL_PORT']}", namespace=namespace)
    codec = SealingCodec(KeyRing.model_validate(sandbox_keys(system.data_dir)["CODEC_KEYS"]))
    raw, opened = [], []
    async for run in client.list_workflows():
        raw.append(run.raw_info.SerializeToString())
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        raw += [event.SerializeToString() for event in history.events]
        sealed = [one for event in history.events for one in payloads(event)]
        opened += [payload.data for payload in await codec.decode(sealed)]
    return {"histories": b"\0".join(raw), "histories, opened": b"\0".join(opened)}


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload within, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        if descriptor.message_type.GetOptions().map_entry:
            inner = [one for one in value.values() if isinstance(one, Message)]
        else:
            inner = [value] if isinstance(value, Message) else value
        for one in inner:
            yield from payloads(one)


def everything(folder: Path, said: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Every place where something could stand."""
    yield from said.items()
    yield from files_under(folder, PLAYED)
    for name in ("kuayu.db", "temporal.db"):
        yield from rows_of(folder / "data" / name)


def test_nothing_of_anybody_stands_anywhere_in_clear(after):
    folder, day, said = after
    assert len(day.words) > 40
    assert Search(day.words).over(everything(folder, said)) == {}


def test_the_search_sees_all_of_it(after):
    """What is no secret is found where it must be; so the places are read, and are what they should be."""
    folder, day, said = after
    seen = Search({"case": day.cases[0], "key": "canary-000001"}).over(everything(folder, said))
    assert {"histories", "histories, opened", "data/kuayu.db", "data/temporal.db", "kuayu.db:case_file"} <= {*seen}
    assert any(place.startswith("temporal.db:") for place in seen)
    assert any("key" in found for found in seen["kuayu.db:idempotency"])
    names = {name for name, data in files_under(folder, PLAYED) if data}
    assert {f"data/logs/{name}" for name in OURS} <= names
    assert any(name.startswith("data/documents/") for name in names)
    assert b"kuayu_" in said["metrics"] or b"# HELP" in said["metrics"]


def test_what_belongs_to_a_case_is_under_its_key(after):
    folder, _, _ = after
    database = Database(f"sqlite:///{folder / 'data' / 'kuayu.db'}", sealer_in(folder / "data"))
    with database.read() as session:
        ours = {f"{one.table}.{one.column}" for one in held(session) if one.kid not in (OF_CASE, OF_FILE)}
        theirs = {f"{one.table}.{one.column}" for one in held(session) if one.kid == OF_CASE}
    database.close()
    assert ours <= _NOT_OF_A_CASE
    assert {"case_file.dossier", "inbox.raw", "leg.lat", "scan_event.payload", "handling.result"} <= theirs


def test_a_planted_word_is_found_in_every_form_and_place(after, tmp_path):
    """The search proves itself: one word, as each program might have written it, in each kind of place."""
    _, day, said = after
    name, number, lat = (day.words[what] for what in ("name 0", "number 0", "pickup lat"))
    database = tmp_path / "data" / "kuayu.db"
    plant(database, name, lat)
    (tmp_path / "data" / "temporal.db").write_bytes(database.read_bytes())
    logs, temporary = tmp_path / "data" / "logs", tmp_path / "temporary"
    logs.mkdir()
    temporary.mkdir()
    (logs / "web.log").write_text(json.dumps({"event": f"x{name}"}))
    (logs / "worker.log").write_bytes(f"x {number[:6]}-{number[6:]}".encode())
    (temporary / "upload").write_bytes(f"z{name}".encode("utf-16-be"))
    (temporary / f"{number}.pdf").write_bytes(b"%PDF")
    planted = said | {"metrics": f'kuayu_cases{{who="{name}"}} 1'.encode()}
    found = Search(day.words).over(everything(tmp_path, planted))
    assert {
        *("metrics", "data/kuayu.db", "kuayu.db:case_file", "temporal.db:case_file", "data/logs/web.log"),
        *("temporary/upload", f"name of temporary/{number}.pdf"),
    } <= found.keys()
    assert found["kuayu.db:case_file"] == {"name 0 as text", "pickup lat as text", "pickup lat as double-be"}


def plant(database: Path, name: str, lat: float) -> None:
    database.parent.mkdir()
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE case_file (name TEXT, lat REAL)")
        connection.execute("INSERT INTO case_file VALUES (?, ?)", (name, lat))

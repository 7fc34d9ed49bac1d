"""The web process on a database of its own, without Temporal: what a test may ask and look up."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from fastapi import FastAPI
from sqlalchemy import func, literal_column, select, text, union_all

from cli.migration import run_migration
from demo.people import applicant, door
from demo.scans import SCAN
from domain.terms import Role
from domain.wire import after_submit
from runtime.container import applicant_keys, code_desk
from runtime.settings import load_settings
from storage.base import Base
from storage.cases.rows import HandlingRow
from storage.idempotency import IdempotencyRow
from tests.answering import Described
from tests.borders import nobodys_ports
from web.api.papers import track_address
from web.app import build_app

ITEM, MATERIALS = "YZ-HRSS-001", "YZ-MPS-001"
CHENGDU, YUBEI = "510104", "500112"
PASSING = ("login", "login_place", "wrong_try", "scan_quarantine", "audit_entry", "audit_head")
COUNTED = (table for table in Base.metadata.sorted_tables if table.name not in PASSING)
ROWS = text(  # one statement, compiled once: it is asked before and after each of some thousand requests
    str(union_all(*(select(literal_column(f"'{one.name}'"), func.count()).select_from(one) for one in COUNTED)))
)


@dataclass
class Office:
    app: FastAPI
    client: Described
    tokens: dict[str, str]

    @property
    def database(self):
        return self.app.state.context.database

    def call(self, method, path, role=None, body=None, *, key=None, **more):
        """One request; POSTs get a fresh key unless one is given."""
        headers = {"Idempotency-Key": key or secrets.token_hex(8)} | more.pop("headers", {})
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        if body is not None:
            more["json"] = body
        self.client.cookies.clear()  # a program, not a browser
        return self.client.request(method, path, headers=headers, **more)

    def start(self, number=1, *, region=CHENGDU, item=ITEM, **more):
        """A case's number and answer."""
        answer = self.call("POST", "/api/v1/cases", "clerk", case_body(self, number, region=region, item=item, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def uploaded(self, role="clerk", data=SCAN):
        """The name of a document that this role has uploaded."""
        answer = self.call("POST", "/api/v1/documents", role, content=data)
        assert answer.status_code == 201, answer.text
        return answer.json()["sha256"]

    def submitted(self, number=1, **more):
        """An in-city case that the officer may now decide, as the worker would have left it."""
        handling_no = self.start(number, region=YUBEI, **more)["handlings"][0]["handlingNo"]
        self.change(handling_no, lambda row: setattr(row, "progress", after_submit(row.progress)))
        return handling_no

    def change(self, handling_no, how):
        with self.database.write() as session:
            how(session.get_one(HandlingRow, handling_no))

    def code(self, case_no):
        """As the receipt prints it for the applicant."""
        context = self.app.state.context
        with self.database.read() as session:
            return code_desk(context.settings, context.sealer).printed(session, case_no)

    def scanned(self, case_no):
        """Where the square code of the receipt leads, on this system."""
        return urlsplit(track_address(self.app.state.context, case_no)).path

    def handover_key(self, case_no):
        """The secret of the case's hand-over codes."""
        context = self.app.state.context
        with self.database.read() as session:
            return applicant_keys(context.settings, context.sealer).of(session, case_no).handover

    def rows(self):
        """How many rows each table has; logins, what is counted of them and refused scans may come and go, and refusals
        are written down.
        """
        with self.database.read() as session:
            return dict(iter(session.execute(ROWS)))

    def keys_used(self):
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(IdempotencyRow))


def case_body(office, number=1, *, region=CHENGDU, item=ITEM, pickup=False, delivery=False):
    wanted = office.call("GET", f"/api/v1/items/{item}", "clerk").json()
    person = applicant(number, "enterprise" if wanted["applicant"] == "enterprise" else "personal")
    usual = {"original": "original", "copy": "copy", "form": "original", "electronic": "electronic"}
    return {
        "itemCode": item,
        "handlings": [{"region": region, "role": None}],
        "mode": None,
        "applicant": person,
        "agent": None,
        "materials": [brought(office, m["seq"], usual[m["form"]]) for m in wanted["materials"]],
        "pickup": door(number, person["name"]) if pickup else None,
        "delivery": door(number, person["name"]) if delivery else None,
        "consent": {"version": "2026-11", "accepted": True},
        "duplicateReason": "各项测试用同一申请人",  # counts only where the person has such a case already
    }


def brought(office, seq, provided):
    """A material as the clerk brings it; an electronic one with its file."""
    file = {"sha256": office.uploaded()} if provided == "electronic" else {}
    return {"seq": seq, "provided": provided} | file


def open_office(folder: Path) -> Office:
    """Migrated, with one user per role."""
    with patch.dict("os.environ", {"DATA_DIR": str(folder)}):
        settings = load_settings(None, sandbox="1", demo_users="1", time_scale="300", **nobodys_ports())
    list(run_migration(settings))
    app = build_app(settings)
    client = Described(app, base_url="http://kuayu.test", raise_server_exceptions=False, follow_redirects=False)
    office = Office(app, client, {})
    for role in Role:
        answer = office.call("POST", "/api/v1/login", body={"username": role.value, "password": "demo"})
        office.tokens[role.value] = answer.json()["token"]
    return office

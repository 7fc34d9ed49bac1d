"""Messages to applicants against the played gateway, over real HTTP: signed, one per id, whatever is killed."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import requests
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from domain.applicant_messages import MessageKind, MessageState
from domain.dossier import Consent
from domain.errors import ChannelRefused, ChannelUnavailable
from messaging.signing import SIGNATURE, TIMESTAMP, signature
from messaging.sms_gateway import SmsGateway
from sandbox.couriers.store import Store
from sandbox.phones import Phones, PhoneScript, phone_routes
from storage.base import Base, Database
from storage.cases.applicant_messages import MessageRow, enqueue
from storage.cases.rows import CaseRow, write_dossier
from tests.contract.killed_sender import KEY, now, sender
from tests.contract.serving import served
from tests.unit.storage.casework import CASE, DOSSIER, SEALER, give_case
from web.api import message_receipts

RECEIPT_KEY = "sms-receipt-sandbox-key"
PHONE = DOSSIER.applicant.phone
S = MessageState


class World:
    """The gateway, our receipts' route and our books. `phones`: the played side itself."""

    def __init__(self, database, url, phones, ours):
        self.database, self.url, self.phones, self.ours = database, url, phones, ours
        with database.write() as session:
            give_case(session, CASE)
            case = session.get_one(CaseRow, CASE)
            agreed = Consent(version="1", accepted=True, messages=True)
            write_dossier(case, SEALER, DOSSIER.model_copy(update={"consent": agreed}))

    def tell(self, count=1):
        with self.database.write() as session:
            for number in range(count):
                enqueue(session, case_no=CASE, key=f"{number}-ACCEPTED", kind=MessageKind.ACCEPTED, now=now())

    def turn(self, ahead=timedelta(0)):
        return sender(self.database, self.url, ahead).send_due()

    def rows(self):
        with self.database.read() as session:
            return list(session.scalars(select(MessageRow)))

    def states(self):
        return {row.state for row in self.rows()}

    def book(self):
        return requests.get(f"{self.url}/control/phones", timeout=5).json()["messages"]


@contextmanager
def _kuayu(database):
    """Our route for receipts, alone."""
    app = FastAPI()
    app.include_router(message_receipts.router)
    sms = SimpleNamespace(receipt_key=SecretStr(RECEIPT_KEY))
    together = message_receipts.together(database, SEALER, now)
    app.state.context = SimpleNamespace(settings=SimpleNamespace(sms=sms), receipts=together, now=now)
    with served(app) as url:
        yield url


@pytest.fixture
def world(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    Base.metadata.create_all(database.engine)
    store = Store()
    with _kuayu(database) as ours:
        phones = Phones(store, KEY, RECEIPT_KEY, ours)
        gateway = FastAPI()
        gateway.include_router(phone_routes(phones))
        with served(gateway) as url:
            yield World(database, url, phones, ours)
    store.close()
    database.close()


def test_from_the_outbox_to_the_phone_and_back(world):
    world.tell()
    assert world.turn() == 1
    assert world.states() == {S.SENT}
    assert world.phones.send_receipts() == 1
    assert world.states() == {S.DELIVERED}
    [came] = world.book()
    [row] = world.rows()
    assert (came["id"], came["to"], came["attempts"], came["receipt"]) == (row.id, PHONE, 1, "delivered")
    assert came["text"].startswith("【跨域通办】")


def test_a_phone_that_is_off(world):
    world.phones.script(PHONE, PhoneScript(goes="failed"))
    world.tell()
    world.turn()
    world.phones.send_receipts()
    assert [(row.state, row.reason) for row in world.rows()] == [(S.FAILED, "ABSENT")]


def test_a_lost_answer_makes_no_second_message(world):
    world.phones.script(PHONE, PhoneScript(goes="lost"))
    world.tell()
    assert world.turn() == 0
    assert world.turn(timedelta(minutes=1)) == 1
    assert [(came["attempts"]) for came in world.book()] == [2]
    assert world.states() == {S.SENT}


def test_a_number_that_the_gateway_blocks(world):
    world.phones.script(PHONE, PhoneScript(goes="refused"))
    world.tell()
    world.turn()
    assert [(row.state, row.reason) for row in world.rows()] == [(S.FAILED, "BLOCKED")]


def test_whoever_has_not_the_key_is_refused_by_the_gateway(world):
    with pytest.raises(ChannelRefused, match="没有受理"):
        SmsGateway(f"{world.url}/sms/v1", "cqyz", "another", now).send("id", PHONE, "text")
    late = SmsGateway(f"{world.url}/sms/v1", "cqyz", KEY, lambda: now() - timedelta(hours=1))
    with pytest.raises(ChannelRefused):
        late.send("id", PHONE, "text")


def test_a_gateway_that_is_away(world):
    with served(FastAPI()) as gone:
        pass
    with pytest.raises(ChannelUnavailable):
        SmsGateway(f"{gone}/sms/v1", "cqyz", KEY, now).send("id", PHONE, "text")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 204),
        ({"key": "another"}, 401),
        ({"at": "0"}, 401),
        ({"at": "x"}, 401),
        ({"path": "/callbacks/other"}, 401),
        ({"body": b"{}"}, 422),
        ({"body": b"x" * 5000}, 413),
    ],
)
def test_receipts_are_signed(world, change, status):
    said = {"id": "0" * 36, "state": "delivered", "at": datetime.now(UTC).isoformat()}
    body = change.get("body", json.dumps(said).encode())
    stamp = change.get("at", str(int(time.time())))
    signed = signature(change.get("key", RECEIPT_KEY).encode(), change.get("path", "/callbacks/sms"), stamp, body)
    headers = {TIMESTAMP: stamp, SIGNATURE: signed}
    answer = requests.post(f"{world.ours}/callbacks/sms", data=body, headers=headers, timeout=5)
    assert answer.status_code == status


def test_killed_again_and_again_every_message_comes_once(world):
    count = 60
    world.tell(count)
    argv = [sys.executable, "-m", "tests.contract.killed_sender", str(world.database.engine.url), world.url]
    for killed in range(6):
        process = subprocess.Popen(argv)
        before = time.monotonic()
        while len(world.book()) < (killed + 1) * 8 and time.monotonic() < before + 30:
            time.sleep(0.005)
        process.kill()
        process.wait()
    for minutes in range(1, 10):
        world.turn(timedelta(minutes=minutes))
    came = world.book()
    assert len(came) == count == len({one["id"] for one in came})
    assert {one["id"] for one in came} == {row.id for row in world.rows()}
    assert world.states() == {S.SENT}

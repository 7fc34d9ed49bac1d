"""A closed case with something personal wherever a case can have it, and a look for all of it in every table."""

import json
from datetime import timedelta

from domain.dossier import Authorisation, Consent, Contact, Dossier, DossierMaterial
from domain.filled_form import FilledForm, FormLine, Personal
from domain.licences import Licence
from domain.outbound import Person
from domain.personal import UnmaskField, UnmaskReason
from domain.terms import ApplicantType, AuthorisationKind, IdType, Leg, MaterialForm, Provided, WireEvent
from storage.case_keys import issue
from storage.cases.applicant_keys import ApplicantKeys, Before
from storage.cases.applicant_messages import MessageRow, seal_values
from storage.cases.applicant_sessions import ApplicantSessionRow
from storage.cases.faces import keep_face
from storage.cases.holdings import HoldingRow
from storage.cases.phone_views import PhoneViewRow
from storage.cases.proposals import ProposalRow
from storage.cases.rows import CaseRow, HandlingRow, add_event, write_dossier
from storage.cases.same_matter import SameMatterRow
from storage.documents.uploads import bind, note_upload
from storage.exchange.exchange_log import ExchangeRow, keep_body
from storage.exchange.inbox import Inbox
from storage.exchange.outbox import CommandRow
from storage.exchange.southwest import OutBatchState, SouthwestBatchOut, SouthwestRowOut
from storage.parcels.claims import ClaimEventRow, ClaimRow
from storage.parcels.leg_changes import LegChangeRow
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow, ScanProofRow
from storage.personal.registry import registry
from storage.personal.unmaskings import note_unmasking
from storage.tables import metadata
from storage.tasks.proposals import TaskProposalRow
from storage.tasks.rows import TaskRow
from tests.unit.storage.casework import NOW, message, register, take

NAME, NUMBER, PHONE, PLACE = "欧阳春晓", "500199198007151235", "13800007788", "重庆市渝中区中山三路131号8-3"
AGENT, OTHER_NUMBER, WORDS = "司徒秋白", "500199197103042468", "腿脚不便"
SEEDS = (NAME, NUMBER, PHONE, PLACE, AGENT, OTHER_NUMBER, WORDS, "渝房权证77")
FACE_KEY = b"f" * 32
CLOSED = NOW + timedelta(days=10)


def keys_in(database):
    """What opens applicants' pages."""
    return ApplicantKeys(database.sealer, Before(b"c" * 32, b"h" * 32))


def person(name=NAME, number=NUMBER):
    return Person(type=ApplicantType.PERSONAL, name=name, id_type=IdType.RESIDENT, id_number=number, phone=PHONE)


def contact():
    return Contact(address=PLACE, lat=29.55, lon=106.57, contact_name=NAME, contact_phone=PHONE)


def dossier(brought, authorisation=None):
    """`brought`: SHA-256 of the file of its paper."""
    number = Licence(type="不动产权证书", number="渝房权证77", issuer="局", holder=AGENT, consented_at=NOW)
    paper = {"seq": 1, "name": "身份证", "form": MaterialForm.COPY, "provided": Provided.ELECTRONIC, "licence": number}
    line = FormLine(section="基本信息", label="配偶", value=AGENT, personal=Personal.NAME)
    return Dossier(
        applicant=person(),
        household_region="500101",
        agent=person(AGENT, OTHER_NUMBER),
        authorisation=Authorisation(kind=AuthorisationKind.LETTER, document_sha256=authorisation),
        form=FilledForm(version="1", answers={"spouse": AGENT}, lines=(line,)),
        materials=(DossierMaterial(sha256=brought, **paper),),
        pickup=contact(),
        delivery=contact(),
        consent=Consent(version="2026-11", accepted=True, messages=True),
        withdrawal_reason=WORDS,
        rating_comment=f"{NAME}说{WORDS}",
    )


def seed(database, documents, case_no, *, closed_at=CLOSED):
    """Everything; returns the SHA-256 of what was brought, of the result, and of the photo of the door."""
    register(database, case_no)
    sealer = database.sealer
    with database.write() as session:
        issue(session, sealer, case_no, NOW)
    files = [_file(database, documents, f"{case_no} {what} {NAME}") for what in ("brought", "result", "photo")]
    take(database, Inbox(sealer), _said(case_no))
    with database.write() as session:
        case = session.get_one(CaseRow, case_no)
        case.closed_at, case.decided_at = closed_at, closed_at
        write_dossier(case, sealer, dossier(files[0]))
        handling = session.get_one(HandlingRow, case_no)
        handling.result = {"name": "许可证", "form": "electronic", "document_no": NUMBER, "sha256": files[1]}
        keep_face(session, sealer, FACE_KEY, case_no, person(), "欧**")
        bind(session, case_no, files[:2], NOW)
        keys_in(database).issue(session, case_no, NOW)
        kinds = (_of_case, _of_wires, _of_later)
        for row in (*(row for kind in kinds for row in kind(sealer, case_no)), *_of_doors(sealer, case_no, files[2])):
            session.add(row)
            session.flush()
        data = {"reason": WORDS, "how": "call"}
        add_event(session, case_no=case_no, key="r", kind="REMINDED", at=NOW, now=NOW, actor="boss", data=data)
        note_unmasking(
            session, sealer, case_no, [UnmaskField.PHONE], UnmaskReason.OTHER, WORDS, by="clerk", role="clerk", now=NOW
        )
        line = ExchangeRow(
            at=NOW,
            partner="sichuan",
            direction="in",
            kind="event",
            message_id=f"m-{case_no}",
            handling_no=case_no,
            sha256=case_no.ljust(64, "0"),
            verdict="REFUSED",
        )
        keep_body(session, sealer, line, NAME.encode())
        session.add(line)
    return files


def _file(database, documents, text):
    made = documents.admit(b"%PDF-1.7 " + text.encode())
    with database.write() as session:
        documents.put(session, made, NOW)
        session.flush()
        note_upload(session, made.sha256, "clerk", now=NOW, expires_at=NOW + timedelta(hours=1))
    return made.sha256


def _said(case_no):
    told = message(WireEvent.NEED_SUPPLEMENT, 1, message_id=f"e-{case_no}", handling_no=case_no)
    payload = told.payload.model_copy(update={"reason": f"{NAME}{WORDS}"})
    return told.model_copy(update={"payload": payload, "content": f"{NAME}{case_no}".encode()})


def _of_case(sealer, case_no):
    words = seal_values(sealer, case_no, f"m{case_no}", {"to": PHONE, "text": NAME, "shown": NAME})
    sealed = sealer.seal(WORDS.encode(), f"holding/{case_no}")
    reason = sealer.seal(json.dumps({"reason": WORDS}, ensure_ascii=False).encode(), f"proposal/{case_no}")
    about = {"case_no": case_no, "queued_at": NOW, "next_at": NOW, "said": {}}
    yield MessageRow(id=f"m{case_no}", key="k", kind="ACCEPTED", words=words, ask_reason=WORDS, **about)
    yield SameMatterRow(handling_no=case_no, mark=case_no.ljust(64, "0"))
    yield ApplicantSessionRow(token_sha256=case_no.ljust(64, "0"), case_no=case_no, by_code=True, expires_at=CLOSED)
    yield PhoneViewRow(case_no=case_no, whose="applicant", by="clerk", role="clerk", reason=WORDS, at=NOW)
    yield HoldingRow(handling_no=case_no, holder="officer", by="officer", at=NOW, reason=sealed)
    yield ProposalRow(
        handling_no=case_no,
        key="k",
        event="REJECTED",
        content=reason,
        reason=reason,
        proposed_by="officer",
        proposed_at=NOW,
        outcome="CONFIRMED",
    )
    yield TaskRow(
        id=case_no,
        key=case_no,
        matter=case_no,
        kind="REMINDED",
        owner="clerk",
        case_no=case_no,
        data={"given": {"reason": WORDS}},
        opened_at=NOW,
        resolved_at=NOW,
        reason=f"{NAME}{WORDS}",
    )


def _of_wires(sealer, case_no):
    key = f"{case_no}-submit-1"
    command = sealer.seal(NAME.encode(), f"command/{key}")
    row = sealer.seal(NAME.encode(), f"southwest-row/{key}")
    batch = case_no.ljust(26, "0")
    rows = sealer.seal(NAME.encode(), f"southwest-out/{batch}/{'0' * 64}")
    common = {"key": key, "handling_no": case_no}
    yield CommandRow(
        **common, partner="sichuan", kind="submit", content=command, meta={}, state="SENT", rendered_at=NOW
    )
    yield SouthwestBatchOut(
        id=int(case_no[16:20]),
        province="520000",
        seq=int(case_no[16:20]),
        cd_batch=batch,
        text_sm3="0" * 64,
        manifest={},
        rows_gz=rows,
        state=OutBatchState.CONFIRMED,
        formed_at=NOW,
    )
    yield SouthwestRowOut(
        **common,
        province="520000",
        row_guid=case_no,
        written_at=NOW,
        content=row,
        state="CONFIRMED",
        batch_id=int(case_no[16:20]),
    )


def _of_doors(sealer, case_no, photo):
    leg_id = f"{case_no}-PICKUP-1"
    sealed = sealer.seal(contact().model_dump_json().encode(), f"leg/{leg_id}")
    yield LegRow(
        leg_id=leg_id,
        case_no=case_no,
        handling_no=case_no,
        leg=Leg.PICKUP,
        region="500103",
        stage="DELIVERED",
        contact=sealed,
        lat=29.55,
        lon=106.57,
        ordered_at=NOW,
        ended_at=NOW,
    )
    payload = {
        "eventId": f"scan-{case_no}",
        "deviceSeq": 1,
        "occurredAt": NOW.isoformat(),
        "kind": "PICKED_UP",
        "code": "X",
    }
    told = {"note": f"{NAME} {PHONE}", "gps": {"lat": 29.5512345, "lon": 106.57, "accuracyM": 5, "datum": "WGS-84"}}
    yield ScanEventRow(
        event_id=f"scan-{case_no}",
        source="device",
        device_id="d",
        device_seq=int(case_no[16:20]),
        said_id=f"scan-{case_no}",
        leg_id=leg_id,
        code="X",
        kind="PICKED_UP",
        actor="courier",
        occurred_at=NOW,
        corrected_at=NOW,
        recorded_at=NOW,
        clock_suspect=False,
        second_approval=False,
        payload=payload | told,
        payload_sha256="0" * 64,
    )
    yield ScanProofRow(event_id=f"scan-{case_no}", sha256=photo, leg_id=leg_id, named_at=NOW)


def _of_later(sealer, case_no):
    """A claim with its steps, a change of the visit, and what somebody has proposed about a task."""
    claim_id, leg_id = f"{case_no}-C1", f"{case_no}-PICKUP-1"
    words = sealer.seal(f"{NAME}{WORDS}".encode(), f"claim/{claim_id}")
    yield ClaimRow(
        claim_id=claim_id,
        case_no=case_no,
        number=1,
        leg_id=leg_id,
        kind="LOST",
        state="SETTLED",
        version=1,
        service="registered",
        behalf="applicant",
        stage="LOST",
        posted_at=NOW,
        papers=[],
        documents=[],
        facts=[],
        statement=words,
        whole=True,
        gross=False,
        asked_fen=100,
        opened_by="clerk",
        opened_at=NOW,
        closed_at=NOW,
    )
    yield ClaimEventRow(
        claim_id=claim_id, number=1, step="open", state="OPENED", at=NOW, actor="clerk", data={}, words=words
    )
    changed = sealer.seal(contact().model_dump_json().encode(), f"leg-change/{leg_id}/1")
    yield LegChangeRow(
        leg_id=leg_id, case_no=case_no, version=1, kind="ADDRESS", by="clerk", at=NOW, before=changed, after=changed
    )
    yield TaskProposalRow(
        task_id=case_no, outcome="resume", reason=WORDS, proposed_by="clerk", proposed_at=NOW, until=NOW, ended_at=NOW
    )


def places_of(table, row):
    """Everything to which a sealed value of this row may be bound."""
    own = {
        "applicant_key": "applicant-key/{case_no}",
        "applicant_message": "message/{id}",
        "case_document": "file/{case_no}/{sha256}",
        "case_key": "case-key/{part}/{case_no}",
        "case_face": "face/{case_no}",
        "claim": "claim/{claim_id}",
        "claim_event": "claim/{claim_id}",
        "leg_change": "leg-change/{leg_id}/{version}",
        "case_file": "case/{case_no}",
        "exchange_body": "{place}",
        "handling_holding": "holding/{handling_no}",
        "inbox": "inbox/{sender}/{message_id}",
        "leg": "leg/{leg_id}",
        "unmasking": "unmasking/{case_no}",
    }
    given = registry().tables[table.name].places.values()
    return [place.format_map(row) for place in (*given, *([own[table.name]] if table.name in own else []))]


def found(database, case_no, seeds=SEEDS):
    """Where one of the seeds still stands in a row of this case, opened where it is sealed: `table.column`."""
    left = set()
    with database.read() as session:
        for table in metadata.sorted_tables:
            for row in session.execute(table.select()).mappings():
                if case_no not in repr(dict(row)):
                    continue
                for column, value in row.items():
                    said = _opened(database.sealer, table, row, value) if isinstance(value, bytes) else repr(value)
                    left |= {f"{table.name}.{column}" for word in seeds if word in said}
    return left


def _opened(sealer, table, row, value):
    for place in places_of(table, row):
        try:
            return sealer.open(value, place).decode(errors="replace")
        except Exception:  # noqa: BLE001, S112 – another of its places
            continue
    raise AssertionError(f"{table.name}: a value that opens at none of its places")

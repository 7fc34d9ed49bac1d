"""Our commands in the rows of this wire (数据行). Pure; their data are the fields of wire A (contracts.md B "Row")."""

import json
from datetime import datetime
from typing import Any, Final

from domain.outbound import (
    Command,
    NoticeSent,
    Paper,
    Person,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
    Withdrawal,
)
from domain.terms import Notice, SignerKind
from partners.southwest.stamps import row_time
from partners.standards import format_instant

NOTICE_STATE: Final = {Notice.PAPERS_SENT: "1", Notice.DELIVERED: "2", Notice.DISCREPANCY: "3"}

# Who takes a parcel from a locker is the applicant: the wire knows no locker.
_SIGNER: Final = {SignerKind.LOCKER: SignerKind.SELF}


def province_of(region: str) -> str:
    """The province of a 6-digit region: the other end of its stream."""
    return region[:2] + "0000"


def render(command: Command, *, row_guid: str, written_at: datetime, our_region: str) -> bytes:
    """The row's bytes with LF at the end; the same arguments always give the same bytes."""
    type_, state, data = _said(command, our_region)
    row = {
        "row_guid": row_guid,
        "cd_operation": "I",
        "cd_time": row_time(written_at),
        "type": type_,
        "state": state,
        "project_no": command.handling.handling_no,
        "partner_no": command.handling.partner_no,
        "task_code": command.handling.item_code,
        "data": data,
    }
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _said(command: Command, our_region: str) -> tuple[str, str, dict[str, Any]]:
    match command.body:
        case Submission() as said:
            return "apply", "1", _submission(said, command.handling.region, our_region)
        case Supplement() as said:
            return "supplement", "2", _supplement(said)
        case Withdrawal() as said:
            return "withdraw", "1", {"reason": said.reason}
        case NoticeSent() as said:
            return "notice", NOTICE_STATE[said.notice], _notice(said)


def _submission(said: Submission, region: str, our_region: str) -> dict[str, Any]:
    return {
        "itemName": said.item_name,
        "mode": said.mode.value,
        "handlingRegion": region,
        "collectingOrg": {"regionCode": our_region, "window": said.window},
        "applicant": _person(said.applicant),
        "agent": _person(said.agent) if said.agent else None,
        "materials": [_material(material) for material in said.materials],
        "parcel": _parcel(said.parcel),
        "submittedAt": format_instant(said.submitted_at),
    }


def _supplement(said: Supplement) -> dict[str, Any]:
    return {
        "round": said.round,
        "materials": [_material(material) for material in said.materials],
        "parcel": _parcel(said.parcel),
    }


def _notice(said: NoticeSent) -> dict[str, Any]:
    papers = [_paper(paper) for paper in said.papers]
    occurred_at = format_instant(said.occurred_at)
    match said.notice:
        case Notice.PAPERS_SENT:
            payload: dict[str, Any] = {"trackingNo": said.tracking_no, "sealNo": said.seal_no, "papers": papers}
        case Notice.DELIVERED:
            signer = said.signer_kind or SignerKind.SELF
            kind = _SIGNER.get(signer, signer).value
            payload = {"at": occurred_at, "signerKind": kind, "proofSha256": said.proof_sha256}
        case Notice.DISCREPANCY:
            payload = {"reason": said.reason or "", "papers": papers}
    return {**payload, "occurredAt": occurred_at}


def _person(person: Person) -> dict[str, Any]:
    return {
        "type": person.type.value,
        "name": person.name,
        "idType": person.id_type.value,
        "idNumber": person.id_number,
        "phone": person.phone,
    }


def _material(material: SentMaterial) -> dict[str, Any]:
    return {
        "seq": material.seq,
        "name": material.name,
        "form": material.form.value,
        "sha256": material.sha256,
        "pages": material.pages,
    }


def _parcel(parcel: SentParcel | None) -> dict[str, Any] | None:
    return {"trackingNo": parcel.tracking_no, "sealNo": parcel.seal_no} if parcel else None


def _paper(paper: Paper) -> dict[str, Any]:
    return {"name": paper.name, "form": paper.form.value, "count": paper.count}

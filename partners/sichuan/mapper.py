"""Translation between our words and Sichuan's (contracts.md A). Pure; one function per thing said."""

import json
from datetime import datetime
from typing import Any, NamedTuple

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
from partners.standards import format_instant

PREFIX = "/cy/v1"

# Who takes a parcel from a locker is the applicant: the wire knows no locker.
_SIGNER = {SignerKind.LOCKER: SignerKind.SELF}


class Words(NamedTuple):
    """A command in Sichuan's words: path below the gateway's address, and the exact bytes of the body."""

    path: str
    body: bytes


def render(command: Command, our_region: str) -> Words:
    """Every command is a POST; the same command always gives the same bytes."""
    case_path = f"{PREFIX}/cases/{command.handling.handling_no}"
    match command.body:
        case Submission() as submission:
            return Words(f"{PREFIX}/cases", _json(_submission(command, submission, our_region)))
        case Supplement() as supplement:
            return Words(f"{case_path}/supplements", _json(_supplement(supplement)))
        case Withdrawal() as withdrawal:
            return Words(f"{case_path}/withdraw", _json({"reason": withdrawal.reason}))
        case NoticeSent() as notice:
            return Words(f"{case_path}/notices", _json(_notice(notice)))


def case_path(handling_no: str) -> str:
    return f"{PREFIX}/cases/{handling_no}"


def file_path(sha256: str) -> str:
    return f"{PREFIX}/files/{sha256}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _submission(command: Command, said: Submission, our_region: str) -> dict[str, Any]:
    return {
        "caseNo": command.handling.handling_no,
        "itemCode": said.item_code,
        "itemName": said.item_name,
        "mode": said.mode.value,
        "handlingRegion": command.handling.region,
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
    return {
        "notice": said.notice.value,
        "occurredAt": format_instant(said.occurred_at),
        "payload": _notice_payload(said, said.occurred_at),
    }


def _notice_payload(said: NoticeSent, at: datetime) -> dict[str, Any]:
    papers = [_paper(paper) for paper in said.papers]
    match said.notice:
        case Notice.PAPERS_SENT:
            return {"trackingNo": said.tracking_no, "sealNo": said.seal_no, "papers": papers}
        case Notice.DELIVERED:
            signer = said.signer_kind or SignerKind.SELF
            return {
                "at": format_instant(at),
                "signerKind": _SIGNER.get(signer, signer).value,
                "proofSha256": said.proof_sha256,
            }
        case Notice.DISCREPANCY:
            return {"reason": said.reason or "", "papers": papers}


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

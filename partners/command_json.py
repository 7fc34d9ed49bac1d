"""What we say, in the JSON that contracts A and B share (contracts.md A "Commands", B "Row": "the fields of A's").

Members in the contract's order. Pure: the same thing said always gives the same JSON.
"""

from typing import Any, Final

from domain.outbound import (
    NoticeSent,
    Paper,
    Person,
    SentMaterial,
    SentParcel,
    Submission,
    Supplement,
)
from domain.terms import Notice, SignerKind
from partners.form_json import form_json
from partners.standards import format_instant

# Who takes a parcel from a locker is the applicant: the wires know no locker.
_SIGNER: Final = {SignerKind.LOCKER: SignerKind.SELF}


def submission_json(said: Submission, *, region: str, our_region: str) -> dict[str, Any]:
    """A submission without the case's and the item's number, which each wire has in a place of its own.

    `region`: of the handling, `our_region`: of the collecting window; GB/T 2260, 6 digits. `form` is there only where
    the case has one (decisions.md 21).
    """
    form = form_json(said.form)
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
    } | ({"form": form} if form is not None else {})


def supplement_json(said: Supplement) -> dict[str, Any]:
    """A supplement: round, materials, and the parcel (null without originals)."""
    return {
        "round": said.round,
        "materials": [_material(material) for material in said.materials],
        "parcel": _parcel(said.parcel),
    }


def notice_json(said: NoticeSent) -> dict[str, Any]:
    """The payload of a callback that we send; the caller puts `occurredAt` beside it."""
    papers = [_paper(paper) for paper in said.papers]
    match said.notice:
        case Notice.PAPERS_SENT:
            return {"trackingNo": said.tracking_no, "sealNo": said.seal_no, "papers": papers}
        case Notice.DELIVERED:
            signer = said.signer_kind or SignerKind.SELF
            return {
                "at": format_instant(said.occurred_at),
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

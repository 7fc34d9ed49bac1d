"""Our commands in the words of 跨省通办: pure translation into RECORD elements (contracts.md C)."""

import re
from datetime import datetime
from typing import Final

from domain.filled_form import FilledForm
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
from domain.terms import CommandKind, Notice, SignerKind
from partners.form_json import canonical, form_json
from partners.interprovincial.codes import SQRLX, TZ_OF_NOTICE, Operation
from partners.interprovincial.envelope import element, stamp

OPERATION_OF_KIND = {
    CommandKind.SUBMIT: Operation.SUBMIT,
    CommandKind.SUPPLEMENT: Operation.SUPPLEMENT,
    CommandKind.WITHDRAW: Operation.WITHDRAW,
    CommandKind.NOTICE: Operation.NOTIFY,
}

# Who takes a parcel from a locker is the applicant: the wire knows no locker.
_SIGNER = {SignerKind.LOCKER: SignerKind.SELF}

_NOT_XML: Final = re.compile("[\ufffe\uffff]")
"""What JSON text may hold and XML may not; all else that XML lacks is escaped in JSON text anyway."""


def destination(region: str) -> str:
    """JSDW: the province of a handling region (BLDQH) as a 12-digit unit, `440103` → `440000000000`."""
    return f"{region[:2]}0000000000"


def record_of(command: Command, at: datetime) -> str:
    """The inner XML of the one RECORD of a command.

    `at`: of a notice its TZSJ, which must rise per handling and kind; else unused.
    """
    number = element("AJBH", command.handling.handling_no)
    match command.body:
        case Submission() as body:
            return number + _submission(body, command.handling.region)
        case Supplement() as body:
            return number + element("LC", str(body.round)) + _materials(body.materials) + _parcel(body.parcel)
        case Withdrawal() as body:
            return number + element("YY", body.reason.strip() or "申请人撤回")  # YY may not be empty
        case NoticeSent() as body:
            return number + _notice(body, at)


def _submission(body: Submission, region: str) -> str:
    parts = [
        element("SXBM", body.item_code),
        element("SXMC", body.item_name),
        element("BLFS", body.mode.value),
        element("BLDQH", region),
        element("SQRLX", SQRLX[body.applicant.type]),
        _person(body.applicant),
    ]
    if body.agent is not None:
        parts.append(f"<DLR>{_person(body.agent)}</DLR>")
    parts += [_materials(body.materials), _parcel(body.parcel), element("TJSJ", stamp(body.submitted_at))]
    return "".join(parts) + _form(body.form)


def _form(form: FilledForm | None) -> str:
    """BD: the form's canonical JSON as text; absent where the case has none."""
    said = form_json(form)
    if said is None:
        return ""
    return element("BD", _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", canonical(said)))


def _person(person: Person) -> str:
    return (
        element("XM", person.name)
        + element("ZJLX", person.id_type.value)
        + element("ZJHM", person.id_number)
        + element("LXDH", person.phone)
    )


def _materials(materials: tuple[SentMaterial, ...]) -> str:
    """CLS must be there even when it is empty; each CL has all its other elements, SHA256 may be empty."""
    lines = (
        f"<CL>{element('XH', str(one.seq))}{element('MC', one.name)}{element('XS', one.form.value)}"
        f"{element('SHA256', one.sha256 or '')}{element('YS', str(one.pages))}</CL>"
        for one in materials
    )
    return f"<CLS>{''.join(lines)}</CLS>"


def _parcel(parcel: SentParcel | None) -> str:
    if parcel is None:
        return ""
    return element("YJHM", parcel.tracking_no) + element("FQH", parcel.seal_no or "")


def _papers(papers: tuple[Paper, ...]) -> str:
    """In a notice YS counts the pieces of a manifest line."""
    lines = (
        f"<CL>{element('MC', one.name)}{element('XS', one.form.value)}{element('YS', str(one.count))}</CL>"
        for one in papers
    )
    return f"<CLS>{''.join(lines)}</CLS>"


def _notice(body: NoticeSent, at: datetime) -> str:
    head = element("TZ", TZ_OF_NOTICE[body.notice]) + element("TZSJ", stamp(at))
    match body.notice:
        case Notice.PAPERS_SENT:
            return (
                head
                + element("YJHM", body.tracking_no or "")
                + element("FQH", body.seal_no or "")
                + _papers(body.papers)
            )
        case Notice.DELIVERED:
            signer = body.signer_kind or SignerKind.SELF
            kind = _SIGNER.get(signer, signer).value
            return head + element("QSR", kind) + element("PZ", body.proof_sha256 or "")
        case Notice.DISCREPANCY:
            return head + element("YY", body.reason or "") + _papers(body.papers)

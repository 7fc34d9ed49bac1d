"""A person's data as the person gets them (个人信息副本): what is held, why, who got it, until when; JSON and a page.

The copy says on each part who made it and when.
"""

import html
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Contact, Dossier
from domain.outbound import Person
from domain.personal import Consented, UnmaskField
from domain.terms import Leg, Role
from logistics.masking import mask_id, mask_phone
from logistics.service_calendar import CHINA
from runtime.container import retention_terms
from storage.cases.applicant_messages import MessageRow
from storage.cases.phone_views import PhoneViewRow
from storage.cases.rows import CaseRow, HandlingRow, handlings_of, read_dossier
from storage.documents.accesses import accesses_of_case
from storage.parcels.legs import LegRow
from storage.personal.holds import hold_of
from storage.personal.person_requests import requests_of
from storage.personal.registry import Basis, registry
from storage.personal.unmaskings import UnmaskingRow
from web.foundation.context import Context
from web.views.authority_names import authority_name
from web.views.wording import LEGS, ROLES

_BASES: Final = {Basis.STATUTORY: "履行法定职责", Basis.CONSENT: "您的单独同意", Basis.SECURITY: "安全义务"}


class Made(NamedTuple):
    """By whom and when a copy was made. `masked`: numbers are shown in part, since nobody has seen a document."""

    by: str
    at: datetime
    masked: bool


def personal_data(session: Session, ctx: Context, case: CaseRow, made: Made) -> dict[str, Any]:
    """Everything about the person of a case, as JSON in Chinese words."""
    dossier = read_dossier(case, ctx.sealer)
    handlings = handlings_of(session, case.case_no)
    return {
        "说明": f"本副本由 {made.by} 于 {_day(made.at)} 导出，仅供本人查阅。",
        "办件编号": case.case_no,
        "事项": case.item_name,
        "保存的信息": list(_held(dossier, made)),
        "交给过谁": list(_given(session, case, handlings)),
        "谁看过": list(_looked(session, case.case_no)),
        "同意和撤回": list(_consents(session, case.case_no, dossier)),
        "保存到何时": _until(session, ctx, case),
        "您的权利": "可以到窗口更正、要求删除、撤回同意；对处理不满意的，可向大厅投诉或依法申请行政复议、提起诉讼。",
    }


def as_archive(data: dict[str, Any], made: Made) -> bytes:
    """A zip with personal-data.json and personal-data.html; the same data give the same bytes."""
    out = io.BytesIO()
    when = made.at.astimezone(CHINA).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(data, ensure_ascii=False, indent=1)
        archive.writestr(zipfile.ZipInfo("personal-data.json", when), text)
        archive.writestr(zipfile.ZipInfo("personal-data.html", when), as_page(data, made))
    return out.getvalue()


def as_page(data: dict[str, Any], made: Made) -> str:
    """The same as one page without scripts, marked with who made it and when."""
    mark = html.escape(f"{made.by} {_day(made.at)}")
    parts = "".join(f"<h2>{html.escape(name)}</h2>{_shown(value)}" for name, value in data.items())
    style = (
        "body{font:17px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{padding:4px 12px 4px 0}"
    )
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>我的信息</title><style>{style}</style>'
        f"<h1>我的信息</h1><p><strong>{mark} 导出</strong></p>{parts}<p><strong>{mark} 导出</strong></p></html>"
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"<p>{html.escape(value)}</p>"
    if isinstance(value, dict):
        value = [value]
    if not value:
        return "<p>没有</p>"
    heads = "".join(f'<th scope="col" align="left">{html.escape(name)}</th>' for name in value[0])
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row.values()) + "</tr>" for row in value
    )
    return f"<table><tr>{heads}</tr>{rows}</table>"


def _held(dossier: Dossier, made: Made) -> Iterator[dict[str, str]]:
    """Each value with its kind's purpose and basis, as the registry has them."""
    for kind, label, value in _values(dossier, made):
        about = registry().profiles[kind]
        yield {"项目": label, "内容": value, "用途": about.purpose, "依据": _BASES[about.basis]}


def _values(dossier: Dossier, made: Made) -> Iterator[tuple[str, str, str]]:
    yield from _person("申请人", dossier.applicant, made)
    if dossier.agent is not None:
        yield from _person("代办人", dossier.agent, made)
    for label, door in (("取件", dossier.pickup), ("收件", dossier.delivery)):
        if door is not None:
            yield from _door(label, door, made)
    for line in dossier.form.lines if dossier.form is not None else ():
        hidden = made.masked and line.personal is not None
        yield "answers", f"{line.section} {line.label}".strip(), mask_id(line.value) if hidden else line.value
    brought = (*dossier.materials, *(m for one in dossier.supplements for m in one.materials))
    for material in brought:
        yield "document", material.name, "有扫描件" if material.sha256 is not None else "无扫描件"
        if material.licence is not None:
            number = material.licence.number
            yield "licence", f"{material.name}（电子证照）", mask_id(number) if made.masked else number
    for label, words in (("撤回原因", dossier.withdrawal_reason), ("评价意见", dossier.rating_comment)):
        if words:
            yield "words", label, words


def _person(label: str, person: Person, made: Made) -> Iterator[tuple[str, str, str]]:
    yield "name", f"{label}姓名", person.name
    yield "id-number", f"{label}{person.id_type}号码", mask_id(person.id_number) if made.masked else person.id_number
    yield "phone", f"{label}电话", mask_phone(person.phone) if made.masked else person.phone


def _door(label: str, door: Contact, made: Made) -> Iterator[tuple[str, str, str]]:
    yield "address", f"{label}地址", door.address
    yield "name", f"{label}联系人", door.contact_name
    yield "phone", f"{label}电话", mask_phone(door.contact_phone) if made.masked else door.contact_phone


def _given(session: Session, case: CaseRow, handlings: list[HandlingRow]) -> Iterator[dict[str, str]]:
    department = case.item.get("department", "")
    for handling in handlings:
        told = {
            "给谁": authority_name(department, handling.region),
            "什么": "申请人、代办人、表单、材料",
            "为什么": "办理",
        }
        yield told
    for leg in session.scalars(select(LegRow).filter_by(case_no=case.case_no).order_by(LegRow.ordered_at)):
        yield {"给谁": "邮政寄递", "什么": "联系人姓名、电话、地址、邮件号", "为什么": LEGS[Leg(leg.leg)]}
    messages = select(MessageRow.id).filter_by(case_no=case.case_no).where(MessageRow.sent_at.is_not(None)).limit(1)
    if session.scalar(messages) is not None:
        yield {"给谁": "短信服务", "什么": "手机号码、短信内容", "为什么": "办件提醒"}


def _looked(session: Session, case_no: str) -> Iterator[dict[str, str]]:
    """By role, not by name: whoever it was stands in the hall's own record."""
    for look in session.scalars(select(UnmaskingRow).filter_by(case_no=case_no).order_by(UnmaskingRow.at)):
        what = "、".join(UnmaskField(one).label for one in look.fields.split())
        yield {"岗位": ROLES[Role(look.role)], "时间": _day(look.at), "看了什么": what}
    for call in session.scalars(select(PhoneViewRow).filter_by(case_no=case_no).order_by(PhoneViewRow.at)):
        yield {"岗位": ROLES[Role(call.role)], "时间": _day(call.at), "看了什么": "电话"}
    readings = accesses_of_case(session, case_no)
    if readings:
        yield {
            "岗位": "工作人员和本人",
            "时间": _day(readings[-1].at),
            "看了什么": f"文件 {len(readings)} 次（最近一次）",
        }


def _consents(session: Session, case_no: str, dossier: Dossier) -> Iterator[dict[str, str]]:
    yield {"什么": "办理本事项", "状态": "已同意", "文本版本": dossier.consent.version, "时间": "登记时"}
    wanted = "同意" if dossier.consent.messages else "未同意"
    yield {"什么": Consented.MESSAGES.label, "状态": wanted, "文本版本": dossier.consent.version, "时间": "现在"}
    for one in requests_of(session, case_no):
        known = {about.value: about.label for about in Consented}
        what, state = (known[one.what], "撤回同意") if one.what in known else ("个人信息副本", "已提供")
        yield {"什么": what, "状态": state, "文本版本": one.text_version, "时间": _day(one.at)}


def _until(session: Session, ctx: Context, case: CaseRow) -> str:
    if case.closed_at is None:
        return "办件还在办理；办结后按规定的期限删除。"
    terms = retention_terms(ctx.settings)
    papers = terms.documents_end(case.item_code, case.closed_at)
    rest = terms.personal_end(case.item_code, case.closed_at)
    held = hold_of(session, case.case_no, ctx.now())
    why = "；因有争议正在处理，暂缓删除" if held is not None else ""
    return f"材料扫描件到 {_date(papers)}，其余到 {_date(rest)}{why}。办理记录（不含个人信息）按档案规定保存。"


def _day(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _date(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d}"

"""What the check panel (检查板) says of each section once it holds, and of result and fee: who, what, until when."""

from collections.abc import Callable, Mapping
from typing import Literal

from catalog.materials import deferral_workdays
from catalog.model import Requirement, ServiceItem
from catalog.regions import find as find_region
from domain.terms import ItemKind, ResultForm
from logistics.geo import Point
from web.api.collecting import Collected
from web.api.judging import Judging, Section
from web.api.outlets import pickup_offer
from web.foundation.request_schemas import ContactRequest

Line = Section | Literal["result", "fee"]

_RESULTS: Mapping[ResultForm, str] = {
    ResultForm.PAPER: "纸质结果",
    ResultForm.ELECTRONIC: "电子结果",
    ResultForm.BOTH: "电子和纸质结果",
}


def summary_of(found: Collected, line: Line) -> str:
    """A sentence about one line of the panel; "" where nothing can be said yet."""
    return _SAID[line](found)


def _item(found: Collected) -> str:
    item = _asked(found.case)
    return f"{item.name} · {item.department} · {_limit(item)}" if item else ""


def _places(found: Collected) -> str:
    case, item = found.case, _asked(found.case)
    if item is None or not case.has("routes"):
        return ""
    limit = "当场办结" if item.kind is ItemKind.IMMEDIATE else f"承诺 {item.promised_days} 个工作日"
    places = []
    for handling, route in zip(case.wanted.handlings, case.routes, strict=True):
        region = find_region(route.region)
        role = f"（{handling.role}）" if handling.role else ""
        places.append(f"{region.full_name if region else route.region}{role}")
    return f"{'、'.join(places)}办理，{limit} · {case.routes[0].scheme.label} · {case.routes[0].mode}"


def _applicant(found: Collected) -> str:
    return "证件号码和手机已核对" if found.state(Section.APPLICANT) == "ok" else ""


def _form(found: Collected) -> str:
    if found.state(Section.FORM) != "ok" or not found.case.has("item"):
        return ""
    return "已填完整" if found.case.has("form") else "这个事项没有必填的内容"


def _materials(found: Collected) -> str:
    item, case = _asked(found.case), found.case
    if item is None:
        return ""
    needed = [material for material in item.materials if material.required is not Requirement.NO]
    if not needed:
        return "这个事项不需要材料"
    faults = [each for each in found.faults if each.section is Section.MATERIALS and each.seq is not None]
    lacking, absent = {each.seq for each in faults}, {each.seq for each in faults if each.field == "materials"}
    there = sum(material.seq not in lacking for material in needed)
    said = f"材料 {there}/{len(needed)}"
    if not lacking and found.state(Section.MATERIALS) != "ok":
        return ""
    parts = [f"还缺《{m.name}》{_way_out(item, m.required)}" for m in needed if m.seq in absent]
    deferred = len(case.checked.deferred) if case.has("checked") else 0
    if deferred:
        parts.append(f"容缺 {deferred} 项，{deferral_workdays(item)} 个工作日内补交")
    if parts:
        return f"{said}：{'；'.join(parts)}"
    return said if lacking else f"{said} 齐全"


def _way_out(item: ServiceItem, required: Requirement) -> str:
    return f"（可容缺，{deferral_workdays(item)} 个工作日）" if required is Requirement.DEFERRABLE else ""


def _post(found: Collected) -> str:
    if found.state(Section.POST) != "ok":
        return ""
    pickup: ContactRequest | None = getattr(found.case.wanted, "pickup", None)
    if pickup is None:
        return "材料在窗口收取"
    if pickup.lat is None or pickup.lon is None:
        return "上门取件：网点先定位地址，再告知上门时间"
    at = Point(lat=pickup.lat, lon=pickup.lon, datum=pickup.datum)
    said: str = pickup_offer(found.case.session, found.case.ctx, at)["sentence"]
    return said


def _consent(found: Collected) -> str:
    if found.state(Section.CONSENT) != "ok":
        return ""
    messages = found.case.wanted.consent.messages
    return "已同意，短信通知" if messages else "已同意，不发短信"


def _result(found: Collected) -> str:
    item = _asked(found.case)
    if item is None:
        return ""
    form = _RESULTS[item.result_form]
    if item.result_form is ResultForm.ELECTRONIC:
        return f"{form}，凭领取码下载"
    door = getattr(found.case.wanted, "delivery", None) is not None
    return f"{form}，送上门" if door else f"{form}，到大厅领取"


def _fee(found: Collected) -> str:
    item = _asked(found.case)
    return f"费用 {item.fee_yuan:g} 元" if item else ""


def _asked(case: Judging) -> ServiceItem | None:
    found: ServiceItem | None = getattr(case, "asked", None) or getattr(case, "item", None)
    return found


def _limit(item: ServiceItem) -> str:
    return "即办" if item.kind is ItemKind.IMMEDIATE else f"承诺 {item.promised_days} 个工作日"


_SAID: Mapping[Line, Callable[[Collected], str]] = {
    Section.ITEM: _item,
    Section.PLACES: _places,
    Section.APPLICANT: _applicant,
    Section.FORM: _form,
    Section.MATERIALS: _materials,
    Section.POST: _post,
    Section.CONSENT: _consent,
    "result": _result,
    "fee": _fee,
}

"""Which network carries a handling, or why none does (路由). A pure function, well under a millisecond.

Order of preference by where the authority stands: Sichuan 川渝 → 西南 → 跨省; Guizhou, Yunnan, Tibet and
Guangxi 西南 → 跨省; Chongqing itself 全渝 (decisions.md 7); everywhere else 跨省.
"""

import datetime as dt
from enum import StrEnum

from catalog.agreements import Agreement, Agreements
from catalog.eligibility import RouteApplicant
from catalog.model import Applicants, Membership, ServiceItem
from catalog.regions import HALL_REGION, Region, find
from domain.model import Frozen
from domain.terms import PARTNER_OF_SCHEME, Leg, Mode, Partner, ResultForm, Scheme

_SICHUAN = "51"
_HOME = "50"
_SOUTHWEST = frozenset({"52", "53", "54", "45"})
_NOT_CARRIED = frozenset({"71", "81", "82"})


class RefusalCode(StrEnum):
    """Why a handling cannot be carried (不能办理的原因); the value is the problem's code."""

    ITEM_NOT_IN_FORCE = "ITEM_NOT_IN_FORCE"
    REGION_UNKNOWN = "REGION_UNKNOWN"
    NO_NETWORK = "NO_NETWORK"
    NO_AGREEMENT = "NO_AGREEMENT"
    MODE = "MODE"
    APPLICANT = "APPLICANT"
    ID_TYPE = "ID_TYPE"
    HOUSEHOLD = "HOUSEHOLD"
    HOUSEHOLD_UNKNOWN = "HOUSEHOLD_UNKNOWN"


class Route(Frozen):
    """How one handling is carried. `reason`: sentences in Chinese for the clerk.

    `partner` None: our own city. `legs` are those that the handling implies, never PICKUP or DELIVERY.
    """

    item_code: str
    region: str
    scheme: Scheme
    partner: Partner | None
    mode: Mode
    legs: tuple[Leg, ...]
    reason: str
    agreement: Agreement


class Refusal(Frozen):
    """Why a handling cannot be carried, and what would work instead: sentences in Chinese."""

    item_code: str
    region: str
    code: RefusalCode
    reason: str
    instead: str

    @property
    def sentence(self) -> str:
        """Both as the clerk reads them."""
        return f"{self.reason}{self.instead}"


def preference(region_code: str) -> tuple[Scheme, ...]:
    """Networks that could reach a region (6 digits), best first; none for 台湾、香港、澳门."""
    province = region_code[:2]
    if province == _HOME:
        return (Scheme.QUANYU,)
    if province == _SICHUAN:
        return (Scheme.CHUANYU, Scheme.SOUTHWEST, Scheme.INTERPROVINCIAL)
    if province in _SOUTHWEST:
        return (Scheme.SOUTHWEST, Scheme.INTERPROVINCIAL)
    return () if province in _NOT_CARRIED else (Scheme.INTERPROVINCIAL,)


def route(
    item: ServiceItem,
    handling_region: str,
    *,
    date: dt.date,
    agreements: Agreements,
    mode: Mode | None = None,
    applicant: RouteApplicant | None = None,
    joint: bool = False,
) -> Route | Refusal:
    """Decide the network, mode and legs of one handling. Pure; what can't be carried is a Refusal and never raised.

    `handling_region` is a 6-digit GB/T 2260 code; `date`: the day in Shanghai on which membership and agreement
    must be in force. `mode` None takes the item's own; `applicant` None is not judged. `joint`: this is one of
    several handlings of a 多地联办 case, so our own city may have a share in an item that 全渝 does not list.
    """
    region = find(handling_region)
    if region is None:
        return _refuse(item, handling_region, *_unknown_region(handling_region))
    if region.since is not None and date.year < region.since:
        return _refuse(item, region.code, *_not_yet_a_region(region, region.since))
    refusal = _applicant_refusal(item, applicant)
    if refusal is not None:
        return _refuse(item, region.code, *refusal)
    possible = preference(region.code)
    listed = [scheme for scheme in possible if scheme in item.schemes or (joint and _joint_share(item, scheme))]
    if not listed:
        return _refuse(item, region.code, *_no_network(item, region, possible))
    laid_down = [row for scheme in listed for row in item.memberships_at(scheme, region.code)]
    in_force = [row for row in laid_down if row.valid_on(date)]
    if not in_force:
        return _refuse(item, region.code, *_not_in_force(item, laid_down, date))
    fitting = [row for row in in_force if mode is None or mode in _allowed(item.mode_in(row))]
    if not fitting:
        return _refuse(item, region.code, *_wrong_mode(item, in_force, str(mode)))
    for row in fitting:
        wanted = mode or item.mode_in(row)
        agreement = agreements.find(row.scheme, region.code, item.code, date, wanted)
        if agreement is not None:
            return _route(item, region, agreement, wanted)
    return _refuse(item, region.code, *_no_agreement(region, [row.scheme for row in fitting], agreements, date))


def _allowed(mode: Mode) -> set[Mode]:
    """Online items may also be handed in at the window; what the law wants in person cannot go online."""
    return {mode, Mode.COLLECT} if mode is Mode.ONLINE else {mode}


def legs_of(item: ServiceItem, region_code: str, mode: Mode) -> tuple[Leg, ...]:
    """Legs between halls: FORWARD when originals travel, BACK when they or a paper result come back.

    A handling in our own hall needs none.
    """
    if region_code == HALL_REGION:
        return ()
    forward = item.inbound_courier and mode is not Mode.ONLINE
    paper = item.outbound_courier and item.result_form is not ResultForm.ELECTRONIC
    return tuple(leg for leg, needed in ((Leg.FORWARD, forward), (Leg.BACK, forward or paper)) if needed)


_Why = tuple[RefusalCode, str, str]


def _refuse(item: ServiceItem, region: str, code: RefusalCode, reason: str, instead: str) -> Refusal:
    return Refusal(item_code=item.code, region=region, code=code, reason=reason, instead=instead)


def _joint_share(item: ServiceItem, scheme: Scheme) -> bool:
    return scheme is Scheme.QUANYU and item.mode is Mode.JOINT


def _route(item: ServiceItem, region: Region, agreement: Agreement, mode: Mode) -> Route:
    scheme = agreement.scheme
    place = "本区" if region.code == HALL_REGION else region.full_name
    reason = f"“{item.name}”由{place}办理，按{scheme.label}走{mode}。"
    if not region.in_force:
        heir = find(region.successor) if region.successor else None
        reason += f"{region.name}区划代码已停用" + (f"，现为{heir.name}（{heir.code}）。" if heir else "。")
    if not agreement.confirmed and scheme is not Scheme.QUANYU:
        reason += "该地合作协议待区里确认。"
    return Route(
        item_code=item.code,
        region=region.code,
        scheme=scheme,
        partner=PARTNER_OF_SCHEME[scheme],
        mode=mode,
        legs=legs_of(item, region.code, mode),
        reason=reason,
        agreement=agreement,
    )


def _unknown_region(code: str) -> _Why:
    return RefusalCode.REGION_UNKNOWN, f"没有行政区划代码{code}。", "请按名称重新选择办理地。"


def _not_yet_a_region(region: Region, since: int) -> _Why:
    reason = f"{region.full_name}的行政区划代码{region.code}自{since}年起使用。"
    return RefusalCode.REGION_UNKNOWN, reason, "请按当时的行政区划选择办理地。"


def _not_in_force(item: ServiceItem, laid_down: list[Membership], day: dt.date) -> _Why:
    coming = sorted((row.valid_from, row.scheme.label) for row in laid_down if row.valid_from and row.valid_from > day)
    told = f"自{coming[0][0]:%Y-%m-%d}起开通{coming[0][1]}" if coming else "在该地已停止通办"
    return RefusalCode.ITEM_NOT_IN_FORCE, f"“{item.name}”{told}。", "请在开通期内办理，或到办理地窗口办理。"


def _wrong_mode(item: ServiceItem, in_force: list[Membership], mode: str) -> _Why:
    allowed = {each for row in in_force for each in _allowed(item.mode_in(row))}
    names = "或".join(f"“{name}”" for name in Mode if name in allowed)
    return RefusalCode.MODE, f"“{item.name}”在该地不能按“{mode}”办理。", f"可以按{names}办理。"


def _applicant_refusal(item: ServiceItem, applicant: RouteApplicant | None) -> _Why | None:
    if applicant is None:
        return None
    if applicant.kind is not None and not item.applicant.admits(applicant.kind):
        personal = item.applicant is Applicants.PERSONAL
        who, papers = ("个人", "本人身份证件") if personal else ("企业", "统一社会信用代码")
        return RefusalCode.APPLICANT, f"“{item.name}”只面向{who}办理。", f"请用{papers}申请。"
    if applicant.household_region and find(applicant.household_region) is None:
        unknown = f"没有行政区划代码{applicant.household_region}。"
        return RefusalCode.HOUSEHOLD_UNKNOWN, unknown, "请按名称重新选择户籍地。"
    rule = item.eligibility
    if rule is None:
        return None
    if applicant.id_type is not None and rule.id_types and applicant.id_type not in rule.id_types:
        names = "、".join(sorted(rule.id_types))
        return RefusalCode.ID_TYPE, f"“{item.name}”不能用{applicant.id_type}申请。", f"请改用{names}申请。"
    if applicant.household_region and rule.excludes(applicant.household_region):
        home = find(applicant.household_region[:2] + "0000")
        place = home.name if home else "户籍地"
        return RefusalCode.HOUSEHOLD, f"户籍在{place}：{rule.reason}。", f"{rule.instead}。"
    return None


def _no_agreement(region: Region, listed: list[Scheme], agreements: Agreements, day: dt.date) -> _Why:
    names = "、".join(scheme.label for scheme in listed)
    starts = [a.valid_from for s in listed for a in agreements.at(s, region.code) if a.valid_from]
    later = min((start for start in starts if start > day), default=None)
    reason = f"{region.full_name}没有现行有效的{names}合作协议覆盖这个事项。"
    if later:
        return RefusalCode.NO_AGREEMENT, reason, f"该地自{later:%Y-%m-%d}起加入，届时可以办理。"
    return RefusalCode.NO_AGREEMENT, reason, "请引导申请人联系办理地政务服务中心，或由区里补签协议后再办。"


_WHERE = {
    Scheme.CHUANYU: "四川省",
    Scheme.SOUTHWEST: "四川、贵州、云南、西藏、广西",
    Scheme.INTERPROVINCIAL: "其他省（区、市）",
    Scheme.QUANYU: "重庆市内",
}


def _no_network(item: ServiceItem, region: Region, possible: tuple[Scheme, ...]) -> _Why:
    if not possible:
        return (
            RefusalCode.NO_NETWORK,
            f"{region.full_name}不在跨地域通办范围内。",
            "请引导申请人向当地有关机构办理。",
        )
    wanted = "或".join(scheme.label for scheme in possible)
    reach = "；".join(f"{scheme.label}（{_WHERE[scheme]}）" for scheme in item.schemes)
    reason = f"“{item.name}”没有开通{wanted}，不能转{region.full_name}办理。"
    return RefusalCode.NO_NETWORK, reason, f"这个事项已开通：{reach}。"

"""Whether a case may be registered (登记前的核验): one list of steps, for registration and for the check while typing.

Registration takes every step and stops at the first refusal; the check takes those whose needs are there already and
collects what they refuse. So what the clerk is shown is what registration would say.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from catalog.eligibility import RouteApplicant
from catalog.materials import MaterialCheck
from catalog.model import ServiceItem
from catalog.routing import Refusal, Route, route
from domain.dossier import DossierMaterial, SameMatterDecided
from domain.filled_form import FilledForm
from domain.identifiers import IdentifierError, check_id
from domain.terms import ApplicantType, IdType, Mode
from storage.people.users import LoggedIn
from web.api.agents import check_authorisation
from web.api.item_forms import asked_of, filled_form
from web.api.joint_shares import Share, shares_of
from web.api.licences import with_licences
from web.api.material_files import check_files
from web.api.refusals import cannot_go
from web.api.same_matter import decide_same_matter
from web.api.submitted import brought, form_check, graded
from web.foundation.context import Context
from web.foundation.problems import MaterialsMissing, Unprocessable
from web.foundation.reference_data import Lists
from web.foundation.request_schemas import CaseRequest, PersonRequest

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Section(StrEnum):
    """The parts of a new case, in the order of the page."""

    ITEM = "item"
    PLACES = "places"
    APPLICANT = "applicant"
    FORM = "form"
    MATERIALS = "materials"
    POST = "post"
    CONSENT = "consent"


@dataclass
class Judging:
    """A case that somebody wants to register, and what the steps have found of it so far.

    `wanted`: whole for a registration; for a check it has only the members that are in shape. What a step finds is set
    by that step and not there before. `registering`: what is found must hold until the end of the transaction.
    """

    session: Session
    ctx: Context
    wanted: CaseRequest
    by: LoggedIn
    now: datetime
    lists: Lists
    registering: bool = True
    item: ServiceItem = field(init=False)
    asked: ServiceItem = field(init=False)  # the item as its situation asks for it
    form: FilledForm | None = field(init=False)
    agent_files: list[str] = field(init=False)
    routes: list[Route] = field(init=False)
    shares: list[Share] = field(init=False)
    brought: tuple[DossierMaterial, ...] = field(init=False)
    stated: tuple[DossierMaterial, ...] = field(init=False)  # with what is said of electronic licences
    checked: MaterialCheck = field(init=False)
    files: list[str] = field(init=False)
    marks: dict[str, str] = field(init=False)
    beside: SameMatterDecided | None = field(init=False)

    @property
    def clerk(self) -> str:
        """The user name of the clerk."""
        return self.by.username

    @property
    def today(self) -> date:
        """The day of application, of the hall's clock."""
        return self.now.astimezone(SHANGHAI).date()

    @property
    def materials(self) -> tuple[DossierMaterial, ...]:
        """What was brought, with its grades of trust."""
        return graded(self.stated, self.checked.grades)

    def has(self, path: str) -> bool:
        """Whether `wanted.applicant.id_type`, `item` … is there; a member that may lack and does is not."""
        at: object = self
        for part in path.split("."):
            at = getattr(at, part, None)
            if at is None:
                return False
        return True


@dataclass(frozen=True)
class Step:
    """One thing that must hold. `needs`: what must be there before it can be asked (`Judging.has`)."""

    section: Section
    needs: tuple[str, ...]
    take: Callable[[Judging], None]


def _item(case: Judging) -> None:
    item = case.lists.catalogue.get(case.wanted.item_code)
    if item is None:
        raise Unprocessable("没有这个事项，请重新选择", code="ITEM_UNKNOWN", field="itemCode")
    case.item = item


def _consent(case: Judging) -> None:
    if not case.wanted.consent.accepted:
        raise Unprocessable("请先取得申请人的知情同意", code="CONSENT", field="consent")


def _kind(case: Judging) -> None:
    kind = case.wanted.applicant.type
    if not case.item.applicant.admits(kind):
        who = "企业" if kind is ApplicantType.ENTERPRISE else "个人"
        raise Unprocessable(f"该事项不面向{who}办理", code="APPLICANT", field="applicant.type")


def _applicant(case: Judging) -> None:
    _check_person(case.wanted.applicant, "applicant", case.today)


def _agent(case: Judging) -> None:
    agent = case.wanted.agent
    if agent is None:
        return
    _check_person(agent, "agent", case.today)
    if agent.id_number == case.wanted.applicant.id_number:
        raise Unprocessable("代办人不能是申请人本人", code="AGENT", field="agent.idNumber")


def _form(case: Judging) -> None:
    case.form = filled_form(case.item, case.wanted, case.lists.catalogue.version, case.today)


def _situation(case: Judging) -> None:
    case.asked = asked_of(case.item, case.wanted)


def _authorisation(case: Judging) -> None:
    case.agent_files = check_authorisation(case.session, case.wanted.agent, case.clerk, case.now, lock=case.registering)


def _routes(case: Judging) -> None:
    wanted, item = case.wanted, case.asked
    joint = len(wanted.handlings) > 1
    if joint and (wanted.mode or item.mode) is not Mode.JOINT:
        raise Unprocessable("该事项不是多地联办，只能选一个办理地", code="NOT_JOINT", field="handlings")
    applicant = RouteApplicant(id_type=wanted.applicant.id_type, household_region=wanted.applicant.household_region)
    routes = []
    for place, handling in enumerate(wanted.handlings):
        found = route(
            item,
            handling.region,
            date=case.today,
            agreements=case.lists.agreements,
            mode=wanted.mode,
            applicant=applicant,
            joint=joint,
        )
        if isinstance(found, Refusal):
            raise cannot_go(found, f"handlings.{place}.region")
        routes.append(found)
    case.routes = routes


def _brought(case: Judging) -> None:
    case.brought = brought(case.asked, case.wanted.materials)


def _licences(case: Judging) -> None:
    case.stated = with_licences(case.ctx, case.asked, case.brought, case.wanted.materials, case.clerk, asks=True)


def _complete(case: Judging) -> None:
    """一次性告知: every gap in one sentence."""
    found = form_check(case.asked, case.wanted.materials, discredited=case.wanted.discredited)
    case.checked = found
    if not found.complete:
        raise MaterialsMissing(found.notice, tuple(gap.seq for gap in found.gaps))


def _files(case: Judging) -> None:
    case.files = check_files(
        case.session, dict(enumerate(case.stated)), uploader=case.clerk, now=case.now, lock=case.registering
    )


def _shares(case: Judging) -> None:
    case.shares = shares_of(case.asked, case.wanted.handlings, case.routes)


def _same_matter(case: Judging) -> None:
    case.marks, case.beside = decide_same_matter(case.session, case.ctx, case.wanted, case.by, hold=case.registering)


_PERSON = ("wanted.applicant.type", "wanted.applicant.id_type", "wanted.applicant.id_number")

STEPS: tuple[Step, ...] = (
    Step(Section.ITEM, ("wanted.item_code",), _item),
    Step(Section.CONSENT, ("wanted.consent",), _consent),
    Step(Section.APPLICANT, ("item", "wanted.applicant.type"), _kind),
    Step(Section.APPLICANT, _PERSON, _applicant),
    Step(Section.APPLICANT, ("wanted.agent", *_PERSON), _agent),
    Step(Section.FORM, ("item", *_PERSON), _form),
    Step(Section.MATERIALS, ("item", "wanted.materials"), _situation),
    Step(Section.APPLICANT, (), _authorisation),
    Step(Section.PLACES, ("asked", "wanted.handlings", "wanted.applicant.id_type"), _routes),
    Step(Section.MATERIALS, ("asked", "wanted.materials"), _brought),
    Step(Section.MATERIALS, ("brought",), _licences),
    Step(Section.MATERIALS, ("asked", "wanted.materials"), _complete),
    Step(Section.MATERIALS, ("stated",), _files),
    Step(Section.PLACES, ("routes",), _shares),
    Step(Section.APPLICANT, ("item", *_PERSON, "wanted.handlings"), _same_matter),
)
"""Everything that must hold before a case is registered, in the order in which it is asked."""


def judge(session: Session, ctx: Context, wanted: CaseRequest, by: LoggedIn) -> Judging:
    """What registration builds on, once every step holds.

    Raises:
        Unprocessable, SameMatterFound: the first step that does not; code and sentence say why.
    """
    case = Judging(session, ctx, wanted, by, ctx.now(), ctx.reference_data.lists())
    for step in STEPS:
        step.take(case)
    return case


def _check_person(person: PersonRequest, part: str, today: date) -> None:
    """What a shape cannot see by itself: the day, and whether the document is one of such an applicant."""
    enterprise = person.type is ApplicantType.ENTERPRISE
    if enterprise != (person.id_type is IdType.CREDIT_CODE):
        instead = "企业请用统一社会信用代码" if enterprise else "个人请用身份证件，不用统一社会信用代码"
        raise Unprocessable(instead, code="ID_TYPE", field=f"{part}.idType")
    try:
        check_id(person.id_type, person.id_number, today=today)
    except IdentifierError as fault:
        raise Unprocessable(fault.sentence, code="IDENTIFIER", field=f"{part}.idNumber") from None

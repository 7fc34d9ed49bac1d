"""One case with everything that belongs to it, personal data masked."""

from pydantic import Field

from domain.papers import PaperDecision, PaperFate, PaperOrigin, SightingPlace
from domain.terms import ApplicantType, CaseStatus, MaterialForm, Mode, Partner, Provided, Role, Scheme, TrustGrade
from logistics.holders import HolderKind
from papers.facts import PaperKind
from web.answers.base import Answer, Kept, Moment
from web.answers.cases import AgentShown, CaseLine, RatingKept
from web.answers.clocks import ClockShown, ResponsibleNow
from web.answers.fees import FeeShown
from web.answers.licences import LicenceShown
from web.answers.parcels import ParcelShown
from web.answers.said import WordSaid
from web.answers.same_matter import SameMatterReason


class SnapshotShown(Answer):
    """The item as it was when the case began (事项快照). Days are working days."""

    code: str
    name: str
    department: str
    kind: str
    statutory_days: int
    promised_days: int
    listed: str | None
    listed_label: str | None
    source: str
    catalogue_version: str


class ApplicantShown(Answer):
    """Name, number and phone masked."""

    type: ApplicantType
    name: str
    id_type: str
    id_number: str
    phone: str


class MaterialKept(Answer):
    """A material as it was brought."""

    seq: int
    name: str
    form: MaterialForm
    provided: Provided
    pages: int
    count: int
    sha256: str | None
    grade: TrustGrade | None
    licence: LicenceShown | None


class FormLineShown(Answer):
    """One line of the filled form; names, numbers and phones masked."""

    section: str
    label: str
    value: str


class FormShown(Answer):
    """What the item asked for beside its papers; `version`: of the catalogue whose form it was."""

    version: str
    lines: list[FormLineShown]


class ResultKept(Kept):
    """The result of a decision; `sha256`: its electronic file.

    `withheld`: known, and not released while a material is owed (容缺); then neither number nor file is said.
    """

    name: str
    form: str
    document_no: str = ""
    sha256: str | None = None
    withheld: bool = False


class HandlingShown(Answer):
    """One authority's share. `waitingSince`: since when its network does not answer.

    `step`, `after`: as in the answer to its registration.
    """

    handling_no: str
    region: str
    role: str | None
    step: str | None
    after: list[str]
    scheme: Scheme
    partner: Partner | None
    mode: Mode
    status: CaseStatus
    status_label: str
    partner_no: str
    waiting_since: Moment | None
    last_event: str | None
    seq: int
    round: int
    decision: str | None
    result: ResultKept | None
    deemed_accepted_from: Moment | None
    originals_travel: bool
    result_travels: bool


class HolderShown(Answer):
    """Who has a paper."""

    kind: HolderKind
    id: str | None
    label: str


class PaperSeen(Answer):
    """One sighting of a paper: `counted` null where it changed hands uncounted; `void`: the scan was taken back."""

    at: Moment
    place: SightingPlace
    label: str
    by: str
    said: int
    counted: int | None
    void: bool


class PaperHeld(Answer):
    """A paper and who holds it (材料去向).

    `count`: pieces that there are, `said`: that there should be, `counted`: by the last count, null before it.
    `differs`: they are not the same and nobody has agreed to go on; `decision`: what was agreed. `fate`: what the
    authority does with it, once that is known.
    """

    paper_no: str
    name: str
    form: MaterialForm
    origin: PaperOrigin
    round: int
    handling_no: str | None
    count: int
    pages: int
    said: int
    counted: int | None
    counted_by: str | None
    counted_at: Moment | None
    counted_where: SightingPlace | None
    differs: bool
    decision: PaperDecision | None
    fate: PaperFate | None
    holder: HolderShown
    sightings: list[PaperSeen]


class TaskNamed(Answer):
    """An open task of the case."""

    id: str
    kind: str
    title: str
    owner: Role


class WritingShown(Answer):
    """A paper of the case (文书) that there is an occasion for; `url`: a PDF."""

    kind: PaperKind
    title: str
    url: str


class CaseFile(CaseLine):
    """`said`: by the authorities, oldest first. `stillOwed`: numbers of deferred materials.

    `deadlines`: the running ones, soonest first. `erasedAt`: when everything personal was erased.
    """

    item: SnapshotShown
    collected_at: Moment | None
    decided_at: Moment | None
    reopened_at: Moment | None
    erased_at: Moment | None
    applicant: ApplicantShown
    form: FormShown | None
    fee: FeeShown | None
    materials: list[MaterialKept]
    pickup: bool
    delivery: bool
    agent: AgentShown | None
    handlings: list[HandlingShown]
    parcels: list[ParcelShown]
    papers: list[PaperHeld]
    said: list[WordSaid]
    writings: list[WritingShown]
    deadlines: list[ClockShown]
    responsible_now: ResponsibleNow | None
    tasks: list[TaskNamed]
    rating: RatingKept | None
    channel: str
    still_owed: list[int] = Field(description="numbers of materials")
    same_matter: SameMatterReason | None

"""What we say to an authority: one shape for three wires. Holds personal data, so it never enters a workflow."""

from datetime import datetime

from pydantic import Field

from domain.filled_form import FilledForm
from domain.model import Frozen
from domain.terms import ApplicantType, CommandKind, IdType, MaterialForm, Mode, Notice, Partner, SignerKind


class Person(Frozen):
    """Applicant or agent as the wires carry them."""

    type: ApplicantType
    name: str
    id_type: IdType
    id_number: str
    phone: str


class SentMaterial(Frozen):
    """One material of a submission; `sha256` names a file sent before."""

    seq: int
    name: str
    form: MaterialForm
    sha256: str | None = None
    pages: int = 1


class SentParcel(Frozen):
    """The parcel that carries paper originals (FORWARD leg)."""

    tracking_no: str
    seal_no: str | None = None


class Paper(Frozen):
    """One line of a manifest (清单). `count`: pieces."""

    name: str
    form: MaterialForm
    count: int


class HandlingRef(Frozen):
    """How a handling is named on the wires. `partner_no`: the partner's own number for it, "" until it has said one."""

    handling_no: str
    region: str = Field(description="handling region, GB/T 2260, 6 digits")
    item_code: str = ""
    partner_no: str = ""


class Submission(Frozen):
    """Command `submit`. `window`: the collecting window's name. `parcel` None: no originals travel.

    `form`: what the item asks for beside its papers; None where nothing was filled in.
    """

    item_code: str
    item_name: str
    mode: Mode
    window: str
    applicant: Person
    agent: Person | None
    materials: tuple[SentMaterial, ...]
    parcel: SentParcel | None
    submitted_at: datetime
    form: FilledForm | None = None


class Supplement(Frozen):
    """Command `supplement`, for the open round (from 1). `parcel` None: no originals travel."""

    round: int
    materials: tuple[SentMaterial, ...]
    parcel: SentParcel | None


class Withdrawal(Frozen):
    """Command `withdraw`. `reason`: the applicant's words, else a stock sentence."""

    reason: str


class NoticeSent(Frozen):
    """Command `notice`: a callback that we send (contracts.md "Callbacks that we send").

    PAPERS_SENT: `tracking_no`, `seal_no`, `papers`. DELIVERED: `signer_kind`, `proof_sha256`. DISCREPANCY: `reason`,
    `papers`. `occurred_at`: of all three, when it happened.
    """

    notice: Notice
    occurred_at: datetime
    tracking_no: str | None = None
    seal_no: str | None = None
    papers: tuple[Paper, ...] = ()
    signer_kind: SignerKind | None = None
    proof_sha256: str | None = None
    reason: str | None = None


class Command(Frozen):
    """What is to be said to an authority.

    `key`: `{handling no}-{step}-{round}` (`domain.naming:command_key`), chosen by the workflow and never changed.
    """

    key: str
    kind: CommandKind
    handling: HandlingRef
    body: Submission | Supplement | Withdrawal | NoticeSent


class Rendered(Frozen):
    """A command in the partner's words: stored sealed before the first attempt, sent byte for byte.

    `meta` holds what the wire needs beside the content and must not change over retries
    (A: path · B: the row's guid and cd_time · C: operation, YWXTBH, JSDW). No personal data in `meta`.
    """

    partner: Partner
    key: str
    kind: CommandKind
    handling_no: str
    content: bytes
    meta: dict[str, str] = {}


class Receipt(Frozen):
    """The partner has taken a command. `duplicate`: it had it already (one effect all the same).

    `received_at`: by the partner's clock. `partner_no`: its own number for the handling, None where it says none.
    """

    received_at: datetime
    partner_no: str | None = None
    duplicate: bool = False
    awaiting_receipt: bool = Field(default=False, description="B: taken by the hub, the receipt is still to come")

"""What the papers are written from (文书要素). Words only: already masked, already in Chinese."""

from datetime import datetime
from enum import StrEnum

from domain.model import Frozen


class PaperKind(StrEnum):
    """The papers of a case (文书); the value is a part of the address under which one is fetched."""

    RECEIPT = "receipt"
    NOTICE = "notice"
    EXTENSION = "extension"
    COMMITMENT = "commitment"
    DECISION = "decision"
    RESULT = "result"
    DELIVERY = "delivery"
    DOSSIER = "dossier"

    @property
    def heading(self) -> str:
        """The title that is printed at the top."""
        return _HEADINGS[self]


_HEADINGS = {
    PaperKind.RECEIPT: "收件凭证",
    PaperKind.NOTICE: "一次性告知书",
    PaperKind.EXTENSION: "延长办理期限告知书",
    PaperKind.COMMITMENT: "容缺受理通知及承诺书",
    PaperKind.DECISION: "办理决定书",
    PaperKind.RESULT: "电子结果验证单",
    PaperKind.DELIVERY: "送达回证",
    PaperKind.DOSSIER: "卷宗目录",
}


class Party(Frozen):
    """Applicant or agent. `number` and `phone` are masked."""

    name: str
    id_type: str
    number: str
    phone: str


class Item(Frozen):
    """The matter (事项). Days are working days."""

    code: str
    name: str
    department: str
    statutory_days: int
    promised_days: int


class Place(Frozen):
    """One handling and where it is carried (办理地); region, scheme and mode in Chinese."""

    handling_no: str
    region: str
    scheme: str
    mode: str
    role: str | None = None


class Scan(Frozen):
    """One material in the dossier. `source`: 初次提交, or which round it came in; `sha256` of the scan."""

    seq: int
    name: str
    form: str
    provided: str
    pages: int
    grade: str
    source: str
    sha256: str | None = None


class Owed(Frozen):
    """A material that is deferred, with its last day, or replaced by a promise (`due_at` None)."""

    seq: int
    name: str
    form: str = ""
    due_at: datetime | None = None


class Wanted(Frozen):
    """One paper that an authority names; `form` in Chinese, `count`: pieces."""

    name: str
    form: str
    count: int


class Round(Frozen):
    """One supplement notice of an authority (补正告知). `authority`: as it names itself, else its region.

    `papers`: the same materials with form and count, () where it does not say them.
    """

    handling_no: str
    number: int
    authority: str
    reason: str
    materials: tuple[str, ...]
    papers: tuple[Wanted, ...] = ()
    told_at: datetime
    due_at: datetime | None


class Extension(Frozen):
    """Days to decide that an authority has extended (延长办理期限). `authority`: as it names itself, else its region.

    `promised_until`, `statutory_until`: the last day of each limit as it counts now, None where no such clock ran.
    """

    handling_no: str
    authority: str
    workdays: int
    reason: str
    told_at: datetime
    promised_until: datetime | None
    statutory_until: datetime | None


class Result(Frozen):
    """What an authority has decided (`decision`: the status in Chinese), and the paper it gave, if any."""

    handling_no: str
    decision: str
    name: str = ""
    form: str = ""
    document_no: str = ""


class Refusal(Frozen):
    """A decision against the applicant, as the authority has given it. `title`: of the paper, e.g. 不予受理决定书.

    `place`: the region in Chinese; `authority`: as it names itself, or "". `decided_at`: when it says so. `check_at`:
    the address under which anybody can check the print (核验), or "".
    """

    handling_no: str
    title: str
    place: str
    authority: str
    reason: str
    legal_basis: str
    decided_at: datetime
    check_at: str = ""


class ElectronicProof(Frozen):
    """An electronic result as its print can be checked (核验); members as of `Refusal`. `sha256` of the file."""

    handling_no: str
    name: str
    document_no: str
    place: str
    authority: str
    decided_at: datetime
    sha256: str
    check_at: str = ""


class Service(Frozen):
    """How the result reached the applicant (送达); `served_at` None: not yet. `signer`: who signed, in Chinese."""

    way: str
    tracking_no: str | None = None
    served_at: datetime | None = None
    signer: str = ""


class CaseFacts(Frozen):
    """Everything about one case that a paper may say.

    `counts_from`: the day in words from which limits count. `taken_at`: when the papers were collected, else
    registered. `clerk`: a user name. `rounds`, `extensions`: in the order in which they came.
    `refusals`: decisions against the applicant that count now; `proofs`: electronic results. `result_code`: with which
    the applicant fetches them; "" where it is not for the reader. `handover_codes`: (for what, code), likewise.
    """

    case_no: str
    item: Item
    applicant: Party
    agent: Party | None
    places: tuple[Place, ...]
    channel: str
    taken_at: datetime
    counts_from: str
    clerk: str
    materials: tuple[Scan, ...]
    deferred: tuple[Owed, ...] = ()
    committed: tuple[Owed, ...] = ()
    rounds: tuple[Round, ...] = ()
    extensions: tuple[Extension, ...] = ()
    results: tuple[Result, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    proofs: tuple[ElectronicProof, ...] = ()
    service: Service | None = None
    result_code: str = ""
    handover_codes: tuple[tuple[str, str], ...] = ()


class GapNotice(Frozen):
    """Gaps found at the window before there is a case.

    `applicant`: a name in full, or empty. `sentences`: one per gap, numbered.
    """

    item: Item
    applicant: str
    sentences: tuple[str, ...]
    told_at: datetime

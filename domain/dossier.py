"""The dossier (卷宗): everything personal about a case, kept sealed and read only where it is needed."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from pydantic import Field

from domain.filled_form import FilledForm
from domain.licences import Licence
from domain.model import Frozen, is_unset
from domain.outbound import Person, SentMaterial
from domain.terms import AuthorisationKind, Datum, MaterialForm, Payer, Provided, TrustGrade

ERASED_NAME: Final = "已删除"
"""What stands for the name of whose data were erased (个人信息已删除); shown as it is, never masked."""


class Contact(Frozen):
    """A door and who is there. `lat`, `lon`: degrees in `datum`; None: a person has to place the address."""

    address: str
    lat: float | None = None
    lon: float | None = None
    datum: Datum = Datum.WGS84
    contact_name: str
    contact_phone: str


class DossierMaterial(Frozen):
    """One material as the applicant brought it.

    `seq`: its place in the item's list of materials, from 1. `sha256`: lower-case hex of its file, None without a file.
    `grade`: of an electronic one (可信等级). `licence`: of one that an electronic licence stands in for. `count`:
    pieces (份), `pages` of one piece.
    """

    seq: int
    name: str
    form: MaterialForm
    provided: Provided
    pages: int = 1
    count: int = 1
    sha256: str | None = None
    grade: TrustGrade | None = None
    licence: Licence | None = None

    def with_licence(self, licence: Licence) -> "DossierMaterial":
        """The same with what is known of its licence by now, and the grade that follows from it."""
        return self.model_copy(update={"licence": licence, "grade": licence.grade})

    def without_file(self, gone: Collection[str]) -> "DossierMaterial":
        """The same without its file, where that is one of `gone` (SHA-256)."""
        return self.model_copy(update={"sha256": None}) if self.sha256 in gone else self

    def emptied(self) -> "DossierMaterial":
        """What it was and how it came, without its file and without its licence."""
        return self.model_copy(update={"sha256": None, "licence": None})

    def as_sent(self) -> SentMaterial:
        """The material as a submission or a supplement names it; how it was provided and its grade stay with us."""
        return SentMaterial(seq=self.seq, name=self.name, form=self.form, sha256=self.sha256, pages=self.pages)


class SupplementBrought(Frozen):
    """What the applicant brought for one round of one handling (补正材料).

    `round`: from 1. `originals`: paper originals travel to the authority in a parcel of their own. `at`: when the
    window took them.
    """

    handling_no: str
    round: int
    materials: tuple[DossierMaterial, ...]
    originals: bool = False
    at: datetime


class Authorisation(Frozen):
    """What an agent (帮代办人) may act on; `until`: last day, None without end."""

    kind: AuthorisationKind
    document_sha256: str | None = None
    original_seen: bool = False
    until: date | None = None


class Consent(Frozen):
    """知情同意: which version of the text the applicant was shown, and whether it was accepted.

    `messages`: the applicant has chosen to be told by short messages (办件提醒); without a word, no.
    """

    version: str
    accepted: bool
    messages: bool = False


class SameMatterDecided(Frozen):
    """Why a case was registered beside others of the same person, item and region (重复办件).

    `cases`: their numbers. `by`: the clerk.
    """

    reason: str
    cases: tuple[str, ...]
    by: str
    at: datetime


class FeePaid(Frozen):
    """The mark that the fee is paid (已缴费). `receipt_no`: of the payment, empty where the government bears it.

    `by`: the clerk who has seen it.
    """

    payer: Payer
    amount_fen: int
    receipt_no: str = ""
    by: str
    at: datetime


class Dossier(Frozen):
    """Everything personal about a case; kept sealed in its row, bound to `case/{case_no}`.

    `household_region`: GB/T 2260, 6 digits (户籍地). `pickup`, `delivery`: None where no courier comes to a door.
    `form`: what the item asks for beside its papers, None where nothing was filled in. `erased_at`: when everything
    personal was taken out (个人信息删除); what is left says only what kind of case it was.
    """

    applicant: Person
    household_region: str | None = None
    agent: Person | None = None
    authorisation: Authorisation | None = None
    form: FilledForm | None = None
    materials: tuple[DossierMaterial, ...] = ()
    supplements: tuple[SupplementBrought, ...] = ()
    pickup: Contact | None = None
    delivery: Contact | None = None
    consent: Consent
    withdrawal_reason: str | None = None
    rating_comment: str | None = None
    same_matter: SameMatterDecided | None = None
    fee_paid: FeePaid | None = None
    erased_at: datetime | None = Field(default=None, exclude_if=is_unset)

    def without_files(self, gone: Collection[str]) -> "Dossier":
        """The same without these files (SHA-256) of its papers, supplements and authorisation."""
        acts = self.authorisation
        if acts is not None and acts.document_sha256 in gone:
            acts = acts.model_copy(update={"document_sha256": None})
        brought = (
            one.model_copy(update={"materials": tuple(m.without_file(gone) for m in one.materials)})
            for one in self.supplements
        )
        materials = tuple(m.without_file(gone) for m in self.materials)
        changed = {"materials": materials, "supplements": tuple(brought), "authorisation": acts}
        return self.model_copy(update=changed)

    def erased(self, at: datetime) -> "Dossier":
        """What is left of it when its time is over: which papers there were and how they came; nobody is in it."""
        brought = (
            one.model_copy(update={"materials": tuple(m.emptied() for m in one.materials)}) for one in self.supplements
        )
        return Dossier(
            applicant=self.applicant.model_copy(update={"name": ERASED_NAME, "id_number": "", "phone": ""}),
            materials=tuple(m.emptied() for m in self.materials),
            supplements=tuple(brought),
            consent=self.consent.model_copy(update={"messages": False}),
            fee_paid=self.fee_paid.model_copy(update={"receipt_no": ""}) if self.fee_paid is not None else None,
            erased_at=at,
        )

    def replaced(self, material: DossierMaterial) -> "Dossier":
        """The same with this material in place of the one of its number."""
        materials = tuple(material if m.seq == material.seq else m for m in self.materials)
        return self.model_copy(update={"materials": materials})

    def brought(self, handling_no: str, round_: int) -> SupplementBrought | None:
        """What came for this handling in this round (from 1); None while nothing has."""
        return next((s for s in self.supplements if (s.handling_no, s.round) == (handling_no, round_)), None)

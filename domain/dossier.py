"""The dossier (卷宗): everything personal about a case, kept sealed and read only where it is needed."""

from datetime import date, datetime

from domain.model import Frozen
from domain.outbound import Person, SentMaterial
from domain.terms import AuthorisationKind, Datum, MaterialForm, Provided, TrustGrade


class Contact(Frozen):
    """Where a courier goes. A point is always with its datum; none: a person places the address."""

    address: str
    lat: float | None = None
    lon: float | None = None
    datum: Datum = Datum.WGS84
    contact_name: str
    contact_phone: str


class DossierMaterial(Frozen):
    """One material as the applicant brought it."""

    seq: int
    name: str
    form: MaterialForm
    provided: Provided
    pages: int = 1
    sha256: str | None = None
    grade: TrustGrade | None = None

    def as_sent(self) -> SentMaterial:
        return SentMaterial(seq=self.seq, name=self.name, form=self.form, sha256=self.sha256, pages=self.pages)


class SupplementBrought(Frozen):
    """What the applicant brought for one round of one handling (补正材料)."""

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
    """知情同意."""

    version: str
    accepted: bool


class Dossier(Frozen):
    """Sealed under `case/{case_no}`."""

    applicant: Person
    household_region: str | None = None
    agent: Person | None = None
    authorisation: Authorisation | None = None
    materials: tuple[DossierMaterial, ...] = ()
    supplements: tuple[SupplementBrought, ...] = ()
    pickup: Contact | None = None
    delivery: Contact | None = None
    consent: Consent
    withdrawal_reason: str | None = None
    rating_comment: str | None = None

    def brought(self, handling_no: str, round_: int) -> SupplementBrought | None:
        return next((s for s in self.supplements if (s.handling_no, s.round) == (handling_no, round_)), None)

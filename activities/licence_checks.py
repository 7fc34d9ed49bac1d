"""Asking the licence office about what a case rests on (电子证照核验), each answer kept as evidence as it comes."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from temporalio import activity

from domain.dossier import DossierMaterial
from domain.errors import LicenceOfficeAway
from domain.licences import LicenceEvidence, LicenceOrder, LicenceQuestion, LicencesChecked, OfficeWord
from domain.terms import TrustGrade
from partners.licence_office.client import LicenceOffice
from storage.base import Database
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.sealing import Sealer

ATTEMPTS: Final = 4
"""So often the office is asked, within some 15 s; then the case goes on without its word, to a clerk."""


class LicenceChecks:
    """The activity of a case that some licences stand in for. `office` None: there is none, a clerk looks himself."""

    def __init__(
        self, database: Database, sealer: Sealer, office: LicenceOffice | None, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._office = office
        self._now = now

    @activity.defn
    def check_licences(self, order: LicenceOrder) -> LicencesChecked:
        """Ask about each licence that the office has not confirmed; what it says is sealed with the case.

        Idempotent: an answer of this round is not asked for again, and the office knows a question by its key.

        Raises:
            LicenceOfficeAway: in the first attempts, so that it is tried again; the last one returns what there is.
        """
        if self._office is not None:
            try:
                for question in self._questions(order):
                    self._keep(order, question, self._office.check(question, order.round))
            except LicenceOfficeAway:
                if activity.info().attempt < ATTEMPTS:
                    raise
        return self._standing(order)

    def _questions(self, order: LicenceOrder) -> list[LicenceQuestion]:
        with self._database.read() as session:
            case = session.get_one(CaseRow, order.case_no)
            dossier = read_dossier(case, self._sealer)
            purpose = case.item_name
        return [
            LicenceQuestion(
                key=f"{order.case_no}-L{material.seq}-{order.round}",
                seq=material.seq,
                licence=material.licence,
                applicant=dossier.applicant,
                purpose=purpose,
            )
            for material in _of(dossier.materials, order)
            if material.licence is not None and not _answered(material, order)
        ]

    def _keep(self, order: LicenceOrder, question: LicenceQuestion, evidence: LicenceEvidence) -> None:
        now, seq = self._now(), question.seq
        with self._database.write() as session:
            case = session.get_one(CaseRow, order.case_no, with_for_update=True)
            dossier = read_dossier(case, self._sealer)
            material = next(m for m in dossier.materials if m.seq == seq)
            if material.licence is None:
                return  # brought as a paper meanwhile
            checked = material.with_licence(material.licence.model_copy(update={"evidence": evidence}))
            write_dossier(case, self._sealer, dossier.replaced(checked))
            add_event(
                session,
                case_no=order.case_no,
                key=f"licence/{seq}/{order.round}",
                kind="LICENCE_CHECKED",
                at=evidence.checked_at,
                now=now,
                actor="workflow",
                data={"seq": seq, "word": evidence.word, "checkId": evidence.check_id},
            )

    def _standing(self, order: LicenceOrder) -> LicencesChecked:
        with self._database.read() as session:
            dossier = read_dossier(session.get_one(CaseRow, order.case_no), self._sealer)
        below = [m for m in _of(dossier.materials, order) if m.licence is not None and m.grade is TrustGrade.C]
        denied = tuple(m.seq for m in below if m.licence is not None and m.licence.evidence is not None)
        return LicencesChecked(denied=denied, unconfirmed=tuple(m.seq for m in below if m.seq not in denied))


def _of(materials: tuple[DossierMaterial, ...], order: LicenceOrder) -> list[DossierMaterial]:
    return [material for material in materials if material.seq in order.seqs]


def _answered(material: DossierMaterial, order: LicenceOrder) -> bool:
    """Confirmed once is confirmed; anything else is asked anew in each round."""
    evidence = material.licence.evidence if material.licence is not None else None
    return evidence is not None and (evidence.word is OfficeWord.VALID or evidence.round == order.round)

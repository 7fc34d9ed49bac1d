"""Licences of a case: evidence kept as it comes, asked again by key, and given up after a moment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.licence_checks import ATTEMPTS, LicenceChecks
from domain.dossier import DossierMaterial
from domain.errors import LicenceOfficeAway
from domain.licences import Licence, LicenceEvidence, LicenceLook, LicenceOrder, LicencesChecked, OfficeWord
from domain.terms import MaterialForm, Provided, TrustGrade
from storage.base import Database
from storage.cases.rows import CaseEventRow, CaseRow, read_dossier, write_dossier
from storage.migrating import migrate
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, register

AWAY = LicenceOfficeAway("不在", code="TIMEOUT")


class Office:
    """Says what is in `says` by number of the material, VALID for others; away as often as `away` says."""

    def __init__(self):
        self.says, self.asked, self.away = {}, [], 0

    def check(self, question, round_):
        self.asked.append(question.key)
        if self.away:
            self.away -= 1
            raise AWAY
        said = self.says.get(question.seq, OfficeWord.VALID)
        return LicenceEvidence(
            check_id=f"C{len(self.asked)}", round=round_, word=said, checked_at=NOW, answer_sha256="0" * 64
        )


def licence(**more):
    given = {"type": "居民身份证", "number": "x", "issuer": "公安局", "consented_at": NOW}
    return Licence(**given | more)


def material(seq, held):
    made = DossierMaterial(seq=seq, name=f"材料{seq}", form=MaterialForm.ELECTRONIC, provided=Provided.LICENCE)
    return made.with_licence(held) if held is not None else made


class Desk:
    def __init__(self, database, *materials):
        self.database, self.office = database, Office()
        register(database)
        with database.write() as session:
            write_dossier(
                session.get_one(CaseRow, CASE), SEALER, DOSSIER.model_copy(update={"materials": tuple(materials)})
            )
        self.checks = LicenceChecks(database, SEALER, self.office, lambda: NOW + timedelta(seconds=1))

    def check(self, attempt=ATTEMPTS, round_=1, seqs=(1, 2)):
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        return environment.run(self.checks.check_licences, LicenceOrder(case_no=CASE, seqs=seqs, round=round_))

    @property
    def materials(self):
        with self.database.read() as session:
            return {m.seq: m for m in read_dossier(session.get_one(CaseRow, CASE), SEALER).materials}

    @property
    def grades(self):
        return {seq: m.grade for seq, m in self.materials.items()}


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    migrate(made.engine)
    yield made
    made.close()


@pytest.fixture
def desk(database):
    return Desk(database, material(1, licence()), material(2, licence(look=LicenceLook(by="clerk", at=NOW))))


A, B, C = TrustGrade.A, TrustGrade.B, TrustGrade.C


def test_the_offices_word_is_evidence_and_gives_a(desk):
    assert desk.grades == {1: C, 2: B}
    assert desk.check() == LicencesChecked()
    assert desk.grades == {1: A, 2: A}
    evidence = desk.materials[1].licence.evidence
    assert (evidence.check_id, evidence.word, evidence.checked_at) == ("C1", OfficeWord.VALID, NOW)
    assert desk.office.asked == [f"{CASE}-L1-1", f"{CASE}-L2-1"]
    with desk.database.read() as session:
        events = session.scalars(select(CaseEventRow).filter_by(kind="LICENCE_CHECKED")).all()
        assert [event.data for event in events] == [
            {"seq": 1, "word": "VALID", "checkId": "C1"},
            {"seq": 2, "word": "VALID", "checkId": "C2"},
        ]


def test_tried_again_it_asks_only_for_what_has_no_answer(desk):
    desk.check(seqs=(1,))
    desk.check()
    assert desk.office.asked == [f"{CASE}-L1-1", f"{CASE}-L2-1"]


def test_away_for_a_moment_is_tried_again(desk):
    desk.office.away = 1
    with pytest.raises(LicenceOfficeAway):
        desk.check(attempt=1)
    assert desk.office.asked == [f"{CASE}-L1-1"]  # the others would wait for nothing
    assert desk.check(attempt=2) == LicencesChecked()


def test_away_for_long_leaves_what_the_clerk_has_seen(desk):
    desk.office.away = 99
    assert desk.check() == LicencesChecked(unconfirmed=(1,))
    assert desk.grades == {1: C, 2: B}


@pytest.mark.parametrize("word", [word for word in OfficeWord if word is not OfficeWord.VALID])
def test_what_the_office_denies_stays_c_whoever_has_looked(desk, word):
    desk.office.says = {2: word}
    assert desk.check() == LicencesChecked(denied=(2,))
    assert desk.grades == {1: A, 2: C}
    desk.office.says = {}
    assert desk.check(round_=2) == LicencesChecked()
    assert desk.grades == {1: A, 2: A}
    assert desk.office.asked[2:] == [f"{CASE}-L2-2"]  # confirmed once is confirmed


def test_without_an_office_a_look_is_all_there_is(database):
    desk = Desk(database, material(1, licence()), material(2, licence(look=LicenceLook(by="clerk", at=NOW))))
    desk.checks = LicenceChecks(database, SEALER, None, lambda: NOW)
    assert desk.check(attempt=1) == LicencesChecked(unconfirmed=(1,))


def test_one_brought_as_a_paper_meanwhile_holds_nothing_up(database):
    desk = Desk(database, material(1, licence()), material(2, None))
    assert desk.check() == LicencesChecked()
    assert desk.office.asked == [f"{CASE}-L1-1"]

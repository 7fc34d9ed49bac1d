"""What a later step of a joint case gets of the ones before it, and what a clerk is told to undo."""

import pytest

from activities.joint_results import plans_in, results_before, step_name
from activities.rendering import command_for
from activities.task_facts import facts_of
from catalog.items import load
from catalog.regions import find
from domain.dossier import DossierMaterial
from domain.messages import CommandOrder, HandlingPlan, TaskOrder
from domain.tasks import TaskKind
from domain.terms import CommandKind, MaterialForm, Mode, Partner, Provided, Scheme
from storage.cases.rows import CaseRow, HandlingRow, write_dossier
from tests.unit.storage.casework import CASE, DOSSIER, NOW, SEALER, register

MOVE = load().by_code["YZ-MPS-009"]
PERMIT, LEAVE, SETTLE = CASE, "500103202611230099013", "500103202611230099021"
FILE = "ab" * 32


def plan(number, step, *after, region="510104") -> HandlingPlan:
    return HandlingPlan(
        handling_no=number, region=region, scheme=Scheme.CHUANYU, partner=Partner.SICHUAN, mode=Mode.JOINT,
        originals_travel=False, result_travels=False, step=step, after=after,
    )  # fmt: skip


@pytest.fixture
def case(database):
    """准迁 approved with a file; 迁出 and 落户 behind it. Two materials of the applicant's."""
    register(database)
    materials = tuple(
        DossierMaterial(seq=n, name=f"材料{n}", form=MaterialForm.COPY, provided=Provided.COPY) for n in (1, 5)
    )
    plans = (plan(PERMIT, "准迁"), plan(LEAVE, "迁出", PERMIT, region="440103"), plan(SETTLE, "落户", LEAVE))
    with database.write() as session:
        row = session.get_one(CaseRow, CASE)
        row.item_name, row.item = MOVE.name, MOVE.snapshot("v").model_dump(mode="json")
        row.start = {"handlings": [one.model_dump(mode="json") for one in plans]}
        write_dossier(row, SEALER, DOSSIER.model_copy(update={"materials": materials}))
        session.get_one(HandlingRow, PERMIT).result = {
            "name": "准迁证", "form": "electronic", "document_no": "川迁〔2026〕1号", "sha256": FILE,
        }  # fmt: skip
        for place, one in enumerate(plans[1:], start=1):
            session.add(HandlingRow(
                handling_no=one.handling_no, case_no=CASE, place=place, region=one.region, scheme=one.scheme,
                partner=one.partner, mode=one.mode, originals_travel=False, result_travels=False,
                status="WAITING", wire_state="UNSENT", last_seq=0, round=0, withdrawal_asked=False,
                partner_no="GZ-7" if one.handling_no == LEAVE else "", result=None,
            ))  # fmt: skip
    return database


def said(database, number):
    order = CommandOrder(
        key="k", case_no=CASE, handling_no=number, partner=Partner.SICHUAN, kind=CommandKind.SUBMIT, at=NOW
    )
    with database.read() as session:
        return command_for(session, SEALER, session.get_one(HandlingRow, number), order).body


def test_the_first_step_gets_what_the_applicant_has_brought(case):
    body = said(case, PERMIT)
    assert (body.item_name, [m.seq for m in body.materials]) == ("夫妻投靠户口迁移（准迁）", [1, 5])


def test_the_next_one_gets_the_result_with_its_number_and_its_file(case):
    body = said(case, LEAVE)
    assert body.item_name == "夫妻投靠户口迁移（迁出）"
    given = body.materials[-1]
    assert (given.seq, given.form, given.sha256) == (6, MaterialForm.ELECTRONIC, FILE)
    assert given.name == f"准予迁入证明（{find('510104').full_name}，川迁〔2026〕1号）"


def test_a_result_on_paper_is_named_by_its_authoritys_number(case):
    given = said(case, SETTLE).materials[-1]
    assert (given.form, given.sha256) == (MaterialForm.COPY, None)
    assert given.name == f"户口迁移证（{find('440103').full_name}，GZ-7）"


def test_the_same_order_gives_the_same_words(case):
    assert said(case, LEAVE) == said(case, LEAVE)


def test_a_case_of_before_the_steps_says_what_it_always_said(database):
    register(database)
    with database.read() as session:
        row = session.get_one(CaseRow, CASE)
        assert (plans_in(row.start), step_name(row, CASE)) == ({}, row.item_name)
        assert results_before(session, row, CASE, ()) == ()


def test_the_task_keeps_what_is_to_be_undone_as_the_item_was(case):
    order = TaskOrder(key=f"{LEAVE}/{TaskKind.COMPENSATION}/{SETTLE}", kind=TaskKind.COMPENSATION)
    with case.read() as session:
        facts = facts_of(session, order, session.get_one(CaseRow, CASE), LEAVE)
    assert facts == {
        "done": {"step": "迁出", "region": "440103"},
        "failed": {"step": "落户", "region": "510104"},
        "steps": list(MOVE.order[1].compensation),
    }

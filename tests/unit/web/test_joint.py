"""Joint handling at the window and for the applicant: places become steps, wrong ones are refused at their field."""

import pytest

from catalog.items import load
from catalog.joint import JointRole
from catalog.regions import find
from domain.messages import CaseStart, TaskOrder
from domain.tasks import TaskKind
from domain.terms import CaseStatus, Role
from storage.cases.rows import CaseRow, HandlingRow
from tests.unit.web.hall import an_item, case_body
from web.views.sentences import STATUS

MOVE = load().by_code["YZ-MPS-009"]
IN, OUT = {"region": "510104", "role": "迁入地"}, {"region": "440103", "role": "迁出地"}


def body(*places, item=MOVE):
    return case_body(item) | {"handlings": [dict(place) for place in places]}


def moving(hall, *places) -> dict:
    answer = hall.start(body(*(places or (IN, OUT))))
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_two_places_become_three_steps_in_their_order(hall):
    permit, leave, settle = moving(hall)["handlings"]
    assert [(h["step"], h["role"], h["region"]) for h in (permit, leave, settle)] == [
        ("准迁", "迁入地", "510104"),
        ("迁出", "迁出地", "440103"),
        ("落户", "迁入地", "510104"),
    ]
    assert [permit["after"], leave["after"], settle["after"]] == [[], [permit["handlingNo"]], [leave["handlingNo"]]]
    assert {permit["scheme"], leave["scheme"]} == {"chuanyu", "interprovincial"}


def test_the_order_of_the_places_is_no_matter(hall):
    assert [h["region"] for h in moving(hall, OUT, IN)["handlings"]] == ["510104", "440103", "510104"]


def test_the_graph_travels_with_the_case(hall):
    """A running case keeps its order, whatever the list says later."""
    case_no = moving(hall)["caseNo"]
    with hall.database.read() as session:
        row = session.get_one(CaseRow, case_no)
        start = CaseStart.model_validate(row.start)
        kept = row.item["joint_steps"]
    assert [plan.step for plan in start.handlings] == [step["name"] for step in kept] == ["准迁", "迁出", "落户"]
    assert start.handlings[2].after == (start.handlings[1].handling_no,)


@pytest.mark.parametrize(
    ("places", "field", "code", "words"),
    [
        ([IN], "handlings.0.role", "ROLE_MISSING", "还缺迁出地"),
        ([OUT], "handlings.0.role", "ROLE_MISSING", "还缺迁入地"),
        ([IN, OUT | {"region": "510104"}], "handlings.1.region", "REGION_TWICE", "同一地只能选一次"),
        ([IN | {"role": None}, OUT], "handlings.0.role", "ROLE_NEEDED", "迁入地还是迁出地"),
        ([IN, OUT | {"role": None}], "handlings.1.role", "ROLE_NEEDED", "迁入地还是迁出地"),
        ([IN | {"role": None}, OUT | {"role": None}], "handlings.0.role", "ROLE_NEEDED", "迁入地还是迁出地"),
        ([IN, OUT | {"role": "迁入地"}], "handlings.1.role", "ROLE_TWICE", "已有一个办理地是迁入地"),
        ([IN, OUT | {"role": "核发地"}], "handlings.1.role", "ROLE_UNKNOWN", "应为：迁入地、迁出地"),
        ([IN, OUT, OUT | {"region": "310101"}], "handlings.2.role", "ROLE_TWICE", "已有一个办理地是迁出地"),
    ],
)
def test_a_wrong_combination_is_refused_at_the_field(hall, places, field, code, words):
    answer = hall.start(body(*places))
    assert answer.status_code == 422
    (told,) = answer.json()["errors"]
    assert (told["field"], answer.json()["code"]) == (field, code)
    assert words in told["detail"]


def test_an_item_without_roles_goes_side_by_side_and_takes_none(hall):
    item = load().by_code["YZ-MPS-037"]
    places = [{"region": "510104", "role": None}, {"region": "440103", "role": None}]
    started = hall.start(body(*places, item=item)).json()
    assert [(h["step"], h["after"]) for h in started["handlings"]] == [(None, []), (None, [])]
    places[1] = IN | {"region": "440103"}
    (told,) = hall.start(body(*places, item=item)).json()["errors"]
    assert (told["field"], told["detail"]) == ("handlings.1.role", "该事项不分办理地的角色，请留空")
    places[1] = {"region": "510104", "role": None}
    (told,) = hall.start(body(*places, item=item)).json()["errors"]
    assert told["field"] == "handlings.1.region"


def test_every_joint_item_with_roles_can_be_registered(hall):
    for item in load().items:
        if not item.roles or item.applicant.value == "enterprise" or item.form is not None:
            continue
        answer = hall.start(case_body(item))
        assert answer.status_code == 201, (item.code, answer.json())
        assert len(answer.json()["handlings"]) == len(item.order)


def test_only_an_item_with_one_way_has_no_order(hall):
    item = an_item(lambda i: i.mode.value == "全程网办" and i.applicant.value != "enterprise" and not i.form)
    assert hall.start(case_body(item)).json()["handlings"][0]["step"] is None
    assert JointRole.ANY not in item.roles


# --- what people read ---


@pytest.fixture
def half_way(hall):
    """准迁 and 迁出 are approved, 落户 is refused, and 迁出 is to be undone."""
    started = moving(hall)
    case_no, numbers = started["caseNo"], [h["handlingNo"] for h in started["handlings"]]
    for number, status in zip(numbers, (CaseStatus.APPROVED, CaseStatus.APPROVED, CaseStatus.REJECTED), strict=True):
        hall.record(case_no, status, handling_no=number)
    task = TaskOrder(key=f"{numbers[1]}/COMPENSATION/{numbers[2]}", kind=TaskKind.COMPENSATION)
    hall.record(case_no, CaseStatus.REJECTED, kind="COMPENSATION", handling_no=numbers[1],
                handling_status=CaseStatus.APPROVED, task=task)  # fmt: skip
    return case_no, numbers


def place(region) -> str:
    return find(region).full_name


def track(hall, case_no) -> dict:
    return hall.tracked(case_no).json()


def test_the_clerk_reads_what_is_to_be_done_step_by_step(hall, half_way):
    case_no, numbers = half_way
    (task,) = hall.as_().get("/api/v1/tasks", params={"caseNo": case_no}).json()["tasks"]
    assert task["handlingNo"] == numbers[1]
    assert task["undoing"] == {
        "done": f"{place('440103')}的“迁出”",
        "failed": f"{place('510104')}的“落户”",
        "steps": list(MOVE.order[1].compensation),
    }
    assert task["outcomes"] == ["restored", "kept"]
    assert (task["owner"], task["responsible"]["label"]) == (Role.CLERK, "窗口")


@pytest.mark.parametrize(
    ("outcome", "told"), [("restored", "已恢复原状。"), ("kept", "结果仍然有效，其余请另行申请。")]
)
def test_the_applicant_reads_what_came_of_what_had_been_approved(hall, half_way, outcome, told):
    case_no, _ = half_way
    (task,) = hall.as_().get("/api/v1/tasks", params={"caseNo": case_no}).json()["tasks"]
    said = {"outcome": outcome, "reason": "已与迁出地核实"}
    assert hall.as_().post(f"/api/v1/tasks/{task['id']}/resolve", json=said).status_code == 200
    assert track(hall, case_no)["next"].endswith(f"{place('440103')}的“迁出”：{told}")


def test_the_applicant_reads_plainly_what_is_the_matter(hall, half_way):
    case_no, _ = half_way
    told = track(hall, case_no)
    assert "“迁出”已办成" in told["next"] and "“落户”没有办成" in told["next"]
    assert "工作人员正在联系各地" in told["next"]
    assert [(s["step"], s["statusLabel"]) for s in told["steps"]] == [
        ("准迁", "已办结（准予）"), ("迁出", "已办结（准予）"), ("落户", "不予许可"),
    ]  # fmt: skip


def test_when_it_is_settled_the_case_hears_of_it_and_the_applicant_reads_the_outcome(hall, half_way):
    case_no, _ = half_way
    (task,) = hall.as_().get("/api/v1/tasks", params={"caseNo": case_no}).json()["tasks"]
    path = f"/api/v1/tasks/{task['id']}/resolve"
    assert hall.as_().post(path, json={"outcome": "acknowledge", "reason": "好了"}).json()["code"] == "OUTCOME"
    done = hall.as_().post(path, json={"outcome": "restored", "reason": "户口已恢复"})
    assert done.status_code == 200
    undone = f"{place('440103')}的“迁出”：已恢复原状。"
    assert track(hall, case_no)["next"] == f"{STATUS[CaseStatus.REJECTED]}{undone}"


def test_a_step_that_waits_says_so(hall):
    started = moving(hall)
    case_no, numbers = started["caseNo"], [h["handlingNo"] for h in started["handlings"]]
    hall.record(case_no, CaseStatus.WAITING, handling_no=numbers[1])
    shown = hall.as_().get(f"/api/v1/cases/{case_no}").json()["handlings"][1]
    assert (shown["step"], shown["after"], shown["statusLabel"]) == ("迁出", [numbers[0]], "待前一步办成")


def test_the_pages_say_it_too(hall, half_way):
    case_no, numbers = half_way
    page = hall.as_().get(f"/window/{case_no}").text
    for words in ("（迁入地·准迁）", "（迁出地·迁出）", "没有办成", *MOVE.order[1].compensation, "已恢复原状"):
        assert words in page
    hall.record(case_no, CaseStatus.WAITING, handling_no=numbers[2])
    assert "迁出办成后才转递，这一步的时限还没有开始" in hall.as_().get(f"/window/{case_no}").text
    told = hall.visitor(case_no).get("/track").text
    assert "各地办理" in told and "“迁出”已办成" in told and "待前一步办成" in told


def test_the_officer_of_our_city_sees_the_step_and_what_was_given(hall):
    started = moving(hall, IN, OUT | {"region": "500112"})
    permit, leave, _ = (h["handlingNo"] for h in started["handlings"])
    with hall.database.write() as session:
        session.get_one(HandlingRow, permit).result = {
            "name": "准迁证", "form": "electronic", "document_no": "川迁〔2026〕1号", "sha256": None,
        }  # fmt: skip
        session.get_one(HandlingRow, leave).wire_state = "SUBMITTED"
    (line,) = hall.as_(Role.OFFICER).get("/api/v1/handlings").json()["handlings"]
    assert (line["step"], line["handlingNo"]) == ("迁出", leave)
    (given,) = line["given"]
    assert given.startswith("准予迁入证明（四川省成都市") and given.endswith("，川迁〔2026〕1号）")

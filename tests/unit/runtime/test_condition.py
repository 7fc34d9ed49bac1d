"""Each fault of an installation is named with its one remedy, by `kuayu doctor` and on the operator's page alike."""

import os
import re
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, text, update
from typer.testing import CliRunner

import cli.doctor
import cli.main
from domain.terms import Partner, Role
from runtime import condition_checks
from runtime.condition import ConditionWatch, Engine, Finding, worst
from runtime.condition_checks import BACKUP_MARK, days_of_keys, examine
from runtime.private_files import make_private
from runtime.settings import load_settings
from storage.cases.rows import HandlingRow
from storage.conditions import ConditionRow, Seen, note, since_when
from storage.exchange.breakers import note_failure
from storage.exchange.inbox_row import InboxRow
from storage.pending_updates import UpdateRow, queue_update
from storage.people.passwords import hashed
from storage.people.users import UserRow
from tests.borders import nobodys_ports
from tests.unit.web.conftest import hall, hall_template  # noqa: F401
from web.views.condition_history import thirty_days

FINE = Engine(serving=True, worker=True)
Usage = namedtuple("Usage", "total used free")


def found(hall, engine=FINE):  # noqa: F811
    return {each.part: each for each in examine(hall.context, engine, hall.now)}


def database_behind(hall, monkeypatch):  # noqa: F811
    with hall.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0017'"))


def database_away(hall, monkeypatch):  # noqa: F811
    hall.database.close()
    monkeypatch.setattr(
        condition_checks, "standing", lambda engine: (_ for _ in ()).throw(condition_checks.SQLAlchemyError())
    )


def network_silent(hall, monkeypatch):  # noqa: F811
    case_no = hall.started()
    with hall.database.write() as session:
        session.get_one(HandlingRow, case_no).waiting_since = hall.now - timedelta(hours=5)
        note_failure(session, Partner.SICHUAN, hall.now, limit=1, probe_at=hall.now)


def network_gone(hall, monkeypatch):  # noqa: F811
    monkeypatch.setattr(condition_checks, "is_connected", lambda partner: partner is not Partner.SOUTHWEST)


def message_dead(hall, monkeypatch):  # noqa: F811
    inbox(hall, "DEAD")


def message_stuck(hall, monkeypatch):  # noqa: F811
    inbox(hall, "NEW")


def inbox(hall, state):  # noqa: F811
    with hall.database.write() as session:
        session.add(
            InboxRow(sender="sichuan", message_id="m", handling_no="x", content_sha256="0" * 64, event_name="RECEIVED",
                     seq=1, occurred_at=hall.now, received_at=hall.now - timedelta(minutes=30), verdict="APPLIED",
                     state=state, message=b"", raw=b"")
        )  # fmt: skip


def update_stuck(hall, monkeypatch):  # noqa: F811
    from domain.messages import TaskOutcome, TaskResolved

    done = TaskResolved(task_id="t", outcome=TaskOutcome.ACKNOWLEDGE, handling_no=None)
    with hall.database.write() as session:
        queue_update(session, update_id="u", workflow_id="case-x", name="task_resolved", argument=done,
                     now=hall.now - timedelta(minutes=30))  # fmt: skip


def disk_full(hall, monkeypatch):  # noqa: F811
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 10**12, 500 * 1024**2))


def disk_filling(hall, monkeypatch):  # noqa: F811
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 10**12, 3 * 1024**3))


def backup_old(hall, monkeypatch):  # noqa: F811
    mark = hall.context.settings.data_dir / BACKUP_MARK
    mark.touch()
    old = (hall.now - timedelta(days=3)).timestamp()
    os.utime(mark, (old, old))


def printed_password(hall, monkeypatch):  # noqa: F811
    """Real addresses on a database that was tried first; two of its users have passwords of their own since."""
    object.__setattr__(hall.context, "settings", hall.context.settings.model_copy(update={"sandbox": False}))
    with hall.database.write() as session:
        for user in session.scalars(select(UserRow)):
            if user.role == Role.CLERK:
                user.password = hashed("nine blue kettles")
            user.active = user.role in (Role.CLERK, Role.OFFICER, Role.AUDITOR)


def real(hall, **settings):  # noqa: F811
    """Outside the sandbox."""
    said = hall.context.settings.model_copy(update={"sandbox": False, **settings})
    object.__setattr__(hall.context, "settings", said)


def any_device_scans(hall, monkeypatch):  # noqa: F811
    real(hall, devices="any")


def no_https(hall, monkeypatch):  # noqa: F811
    real(hall, public_url="http://hall.example")


def _real(hall):  # noqa: F811
    """Real addresses, and nobody has a password that we have printed."""
    object.__setattr__(hall.context, "settings", hall.context.settings.model_copy(update={"sandbox": False}))
    own = hashed("nine blue kettles")
    with hall.database.write() as session:
        session.execute(update(UserRow).values(password=own, courier_id=None))


def no_keeper(hall, monkeypatch):  # noqa: F811
    """The only security administrator keeps a hall's accounts, not the district's."""
    _real(hall)
    with hall.database.write() as session:
        session.execute(update(UserRow).where(UserRow.role == Role.SECURITY).values(unit_id="hall"))


def nowhere(hall, monkeypatch):  # noqa: F811
    _real(hall)
    with hall.database.write() as session:
        session.execute(update(UserRow).where(UserRow.role == Role.OFFICER).values(unit_id=None))


def fonts_gone(hall, monkeypatch):  # noqa: F811
    monkeypatch.setattr(condition_checks.resources, "files", lambda _package: hall.context.settings.data_dir)


def files_open(hall, monkeypatch):  # noqa: F811
    make_private(hall.context.settings.data_dir)
    (hall.context.settings.data_dir / "kuayu.db").touch()
    (hall.context.settings.data_dir / "kuayu.db").chmod(0o644)


def nothing(hall, monkeypatch):  # noqa: F811
    """Only the test's own state: no backup was ever made, next year's calendar is not out."""


FAULTS = [
    (database_behind, "database", "fail", "版本 0017", "运行 kuayu migrate"),
    (database_away, "database", "fail", "SQLAlchemyError", "检查 DATABASE_URL"),
    (network_silent, "network/sichuan", "warn", r"自 11月23日 05:00 没有应答，1 件等待", "打电话问对方值班人员"),
    (network_gone, "network/southwest", "warn", "没有接入", "装回 partners/"),
    (message_dead, "queues", "warn", "1 条收到的消息未能送达办件", "逐条重放"),
    (message_stuck, "queues", "fail", "最早的一条自 11月23日 09:30 起没有送出", "看 Temporal 和 Worker"),
    (update_stuck, "queues", "fail", "最早的一条自 11月23日 09:30 起没有送出", "看 Temporal 和 Worker"),
    (disk_full, "disk", "fail", "剩余 500 MB", "清理磁盘"),
    (disk_filling, "disk", "warn", "剩余 3072 MB", "清理磁盘"),
    (
        printed_password,
        "accounts",
        "fail",
        "auditor、officer 还在用公开的演示密码",
        "kuayu user disable auditor officer",
    ),
    (any_device_scans, "devices", "warn", "登记了 0 台，没有登记的也能扫描", "DEVICES=enrolled"),
    (no_https, "devices", "warn", "不经 https 的页面不能登记设备", "PUBLIC_URL"),
    (no_keeper, "accounts", "warn", "没有区级安全管理员", "--role security --unit district"),
    (nowhere, "accounts", "warn", "courier、officer 没有单位或没有对应投递员", "kuayu user unit"),
    (nothing, "backup", "warn", "不知道上次备份是什么时候", f"touch {BACKUP_MARK}"),
    (backup_old, "backup", "warn", "上次 11月20日 10:00", f"touch {BACKUP_MARK}"),
    (nothing, "calendar", "warn", "2027 年尚未公布", "kuayu catalog import --calendar"),
    (files_open, "private", "warn", "有 1 个文件或目录别的用户也能打开", "chmod -R go= "),
    (fonts_gone, "fonts", "fail", "中文字体不见了", "重新安装"),
]


@pytest.mark.parametrize(
    ("fault", "part", "level", "detail", "fix"), FAULTS, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_fault_is_named_with_its_remedy(hall, monkeypatch, fault, part, level, detail, fix):  # noqa: F811
    before = found(hall).get(part)
    fault(hall, monkeypatch)
    finding = found(hall)[part]
    assert finding.level == level
    assert re.search(detail, finding.detail)
    assert fix in finding.fix
    if fault is not nothing:
        assert before is None or before != finding


@pytest.mark.parametrize(
    ("engine", "part", "detail", "fix"),
    [
        (Engine(serving=False, worker=False), "engine", "不可用", "先运行 make run"),
        (Engine(serving=True, worker=False), "worker", "没有在线的 worker", "运行 kuayu worker"),
    ],
)
def test_the_engine_is_asked(hall, engine, part, detail, fix):  # noqa: F811
    finding = found(hall, engine)[part]
    assert (finding.level, finding.fix) == ("fail", fix)
    assert detail in finding.detail
    assert worst([finding]) == "fail"


def test_what_is_fine_needs_no_remedy(hall):  # noqa: F811
    (hall.context.settings.data_dir / BACKUP_MARK).touch()
    make_private(hall.context.settings.data_dir)
    for finding in found(hall).values():
        assert (finding.level == "pass") == (finding.fix == "")
    assert [part for part, each in found(hall).items() if each.level != "pass"] == ["calendar"]


@pytest.mark.parametrize(
    ("written", "level", "detail"),
    [
        ("KEY@/2026-12-10", "warn", "SICHUAN_OUR_KEYS 剩 17 天"),
        ("KEY@/2026-11-01", "fail", "SICHUAN_OUR_KEYS 已经到期"),
        ("KEY@/2026-12-10,NEXT@2026-12-01/2027-12-31", "pass", "最早的剩 403 天（SICHUAN_OUR_KEYS）"),
    ],
)
def test_keys_are_told_by_the_days_that_are_left(monkeypatch, tmp_path, written, level, detail):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SICHUAN_OUR_KEYS", written)
    settings = load_settings(None, sandbox="1")
    finding = condition_checks._keys(settings, datetime(2026, 11, 23, tzinfo=UTC).date())
    assert (finding.level, finding.detail) == (level, detail)
    assert days_of_keys(settings, datetime(2026, 11, 23, tzinfo=UTC).date())[0][0] == "SICHUAN_OUR_KEYS"


@pytest.fixture
def faulty(hall, monkeypatch):  # noqa: F811
    """Several faults at once, and doctor in the same installation."""
    for fault in (network_silent, message_dead, disk_filling):
        fault(hall, monkeypatch)
    monkeypatch.setattr(cli.doctor, "now", lambda: hall.now)
    for name, port in nobodys_ports().items():
        monkeypatch.setenv(name.upper(), str(port))
    return hall


def test_doctor_and_the_page_say_the_same_sentences(faulty):
    ran = CliRunner().invoke(cli.main.app, ["doctor"])
    assert ran.exit_code == 2, ran.output
    page = unescape(faulty.as_(Role.OPERATOR).get("/status").text)
    told = [re.match(r"\[(\w+) *\] (.*?)：(.*?)(?:  → (.*))?$", line) for line in ran.stdout.splitlines()]
    assert all(told)
    said = {line[2]: (line[1], line[3], line[4] or "") for line in told if line[2] != "设置"}
    assert {"数据库", "Temporal", "通办网络 四川（川渝通办）", "内部队列", "备份", "磁盘"} <= set(said)
    for what, (level, detail, fix) in said.items():
        own = re.search(rf'<li class="{level}"><span class="c-what">{re.escape(what)}</span>.*?</li>', page, re.DOTALL)
        assert own is not None, what
        assert re.sub(r"\d+ [GM]B", "", detail) in re.sub(r"\d+ [GM]B", "", own[0]) or what == "Temporal"
        assert fix in own[0]
    assert page.index("<h1>Temporal：") < page.index("先运行 make run")


async def test_what_was_seen_is_kept_and_the_page_says_since_when(hall):  # noqa: F811
    began = hall.now
    watch = ConditionWatch(hall.context, examine, lambda: hall.now)
    for _ in range(4):
        await watch.watch_condition()
        hall.now += timedelta(minutes=5)
    hall.now -= timedelta(minutes=5)
    with hall.database.read() as session:
        row = since_when(session, hall.now)["database"]
        assert (row.level, row.since, row.seen_at) == ("pass", began, hall.now)
    answer = hall.as_(Role.OPERATOR).get("/api/v1/status").json()
    since = {each["part"]: each["since"] for each in answer["findings"]}
    assert datetime.fromisoformat(since["database"]) == began
    assert since["engine"] is None, "the record says that it was there; now it is not"
    assert "自 11月23日 10:00" in hall.as_(Role.OPERATOR).get("/status").text


async def test_a_minute_is_looked_at_once(hall):  # noqa: F811
    looks = []

    def look(*_):
        looks.append(1)
        return [Finding(part="disk", level="pass", what="磁盘", detail="x")]

    watch = ConditionWatch(hall.context, look, lambda: hall.now)
    for seconds in (0, 15, 15, 15, 15, 15):
        hall.now += timedelta(seconds=seconds)
        await watch.watch_condition()
    assert len(looks) == 2


def test_thirty_days_show_the_worst_and_make_nothing_up(hall):  # noqa: F811
    at = hall.now - timedelta(days=2)

    def seen(level, at):
        with hall.database.write() as session:
            note(session, [Seen("disk", level, f"磁盘 {level}"), Seen("database", "pass", "x")], at)

    for minutes in range(0, 60, 5):
        seen("pass" if minutes < 30 else "fail", at + timedelta(minutes=minutes))
    with hall.database.read() as session:
        days = {day.label: day for day in thirty_days(session, hall.now)}
    assert len(days) == 30
    day = days["11月21日"]
    assert (day.level, day.faults) == ("fail", ("磁盘 fail",))
    assert day.looked == pytest.approx(55 / 1440)
    assert day.fine == pytest.approx(30 / 55)
    assert (days["11月22日"].level, days["11月22日"].fine) == (None, None)


def test_the_record_forgets_after_ninety_days(hall):  # noqa: F811
    with hall.database.write() as session:
        note(session, [Seen("disk", "pass", "x")], hall.now - timedelta(days=91))
        note(session, [Seen("disk", "pass", "x")], hall.now)
        session.flush()
        assert session.query(ConditionRow).count() == 1
        assert session.query(UpdateRow).count() == 0

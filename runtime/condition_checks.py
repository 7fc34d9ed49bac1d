"""What is examined of an installation, part by part; each check gives its sentence and one remedy."""

import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalog.items import load
from catalog.model import ITEM_COUNT, Catalogue
from catalog.workdays import WorkdayCalendar, bundled_calendar, local_day
from domain.errors import Misconfigured, NotFound, ServiceUnavailable
from domain.terms import Partner
from logistics.service_calendar import CHINA
from runtime.condition import Engine, Finding, Level, Looked, Part, network_part
from runtime.device_settings import only_enrolled
from runtime.keys import DatedKey
from runtime.networks import is_connected
from runtime.printed_passwords import REMEDY, with_printed_password
from runtime.private_files import open_to_others
from runtime.settings import Settings
from storage.cases.rows import CaseRow
from storage.cases.tallies import Tally, tallies
from storage.catalogue import ListKind, newest, read_calendar, read_items
from storage.exchange.breakers import breaker_of
from storage.exchange.inbox_row import InboxRow, InboxState
from storage.migrating import standing
from storage.pending_updates import UpdateRow
from storage.people.accounts import district_keepers, without_place
from storage.people.devices import EnrolledDeviceRow
from storage.watching import waiting_for

NETWORKS: Final = {
    Partner.SICHUAN: "四川（川渝通办）",
    Partner.SOUTHWEST: "西南五省",
    Partner.INTERPROVINCIAL: "跨省",
}
BACKUP_MARK: Final = "last-backup"
"""A file in DATA_DIR; whoever has made a backup touches it."""
_LITTLE_DISK: Final = 1024**3
_LOW_DISK: Final = 5 * 1024**3
_KEY_SOON: Final = 30
_BACKUP_OLD: Final = timedelta(hours=36)
_STUCK: Final = timedelta(minutes=10)
_LOOKED_AT: Final = 2000
"""Files whose rights are looked at each minute; documents, of which there are many, are written for us alone."""


def examine(looked: Looked, engine: Engine, now: datetime) -> list[Finding]:
    """Everything but the settings themselves, in the order of `Part`. Reads only."""
    database = _database(looked)
    there = database.level == "pass"
    found = [database, *_engine(looked.settings, engine)]
    if there:
        with looked.database.read() as session:
            found += [_network(session, partner, now) for partner in Partner]
            found.append(_queues(session, now))
        found.append(_accounts(looked))
        found.append(_devices(looked))
    found += _files(looked)
    found += _lists(looked, now, in_storage=there)
    settings = looked.settings
    found += [_keys(settings, local_day(now)), _private(settings), _backup(settings, now), _disk(settings), _fonts()]
    return found


_MEANWHILE: Final = "办件照常登记、来文照常签收，但都停在原处，恢复后自动往下办"
"""What it means to people while nothing moves."""


def _database(looked: Looked) -> Finding:
    part, what = Part.DATABASE, "数据库"
    try:
        current, wanted = standing(looked.database.engine)
    except SQLAlchemyError as fault:
        return Finding(part=part, level="fail", what=what, detail=type(fault).__name__, fix="检查 DATABASE_URL")
    if current != wanted:
        return Finding(part=part, level="fail", what=what, detail=f"版本 {current or '无'}", fix="运行 kuayu migrate")
    return Finding(part=part, level="pass", what=what, detail=f"版本 {current}")


def _engine(settings: Settings, engine: Engine) -> Iterator[Finding]:
    part, what, where = Part.ENGINE, "Temporal", settings.temporal_target
    if not engine.serving:
        fix = "先运行 make run" if settings.embedded else "检查 TEMPORAL_ADDRESS 和那边的 Temporal 集群"
        yield Finding(part=part, level="fail", what=what, detail=f"{where} 不可用，{_MEANWHILE}", fix=fix)
        return
    yield Finding(part=part, level="pass", what=what, detail=where)
    part, what = Part.WORKER, "Worker"
    if engine.worker:
        yield Finding(part=part, level="pass", what=what, detail="在线")
    else:
        yield Finding(
            part=part, level="fail", what=what, detail=f"没有在线的 worker，{_MEANWHILE}", fix="运行 kuayu worker"
        )


def _network(session: Session, partner: Partner, now: datetime) -> Finding:
    part, what = network_part(partner), f"通办网络 {NETWORKS[partner]}"
    if not is_connected(partner):
        return Finding(part=part, level="warn", what=what, detail="没有接入，其办件将一直等待",
                       fix="装回 partners/ 下的同名目录")  # fmt: skip
    opened_at = breaker_of(session, partner).opened_at
    count = tallies(session, Tally.WAITING)[Tally.WAITING].get(partner, 0)
    since = waiting_for(session, [partner]).get(partner)
    silent_since = min((at for at in (opened_at, since) if at is not None), default=None)
    if silent_since is None:
        return Finding(part=part, level="pass", what=what, detail="有应答")
    detail = f"自 {_said(silent_since)} 没有应答，{count} 件等待"
    return Finding(part=part, level="warn", what=what, detail=detail, fix="打电话问对方值班人员；恢复后系统自动补发")


def _queues(session: Session, now: datetime) -> Finding:
    """What waits to be delivered inside: messages that came, words for workflows, cases to be started."""
    part, what = Part.QUEUES, "内部队列"
    dead = session.scalar(select(func.count()).where(InboxRow.state == InboxState.DEAD)) or 0
    if dead:
        return Finding(part=part, level="warn", what=what, detail=f"{dead} 条收到的消息未能送达办件",
                       fix="在“合作方往来”里逐条重放")  # fmt: skip
    oldest = _oldest_waiting(session)
    if oldest is not None and now - oldest > _STUCK:
        return Finding(part=part, level="fail", what=what, detail=f"最早的一条自 {_said(oldest)} 起没有送出",
                       fix="看 Temporal 和 Worker 是否在线；恢复后自动送出")  # fmt: skip
    return Finding(part=part, level="pass", what=what, detail="没有积压")


def _oldest_waiting(session: Session) -> datetime | None:
    oldest = (
        select(func.min(InboxRow.received_at)).where(InboxRow.state.in_((InboxState.NEW, InboxState.DELIVERED))),
        select(func.min(UpdateRow.created_at)).filter_by(delivered_at=None),
        select(func.min(CaseRow.registered_at)).filter_by(started=False),
    )
    return min((at for query in oldest if (at := session.scalar(query)) is not None), default=None)


def _files(looked: Looked) -> Iterator[Finding]:
    """The store of documents, asked for one that is not there, and the scanner, given the shortest of files."""
    documents, given = looked.documents, looked.settings.documents
    try:
        documents.read("0" * 64)
    except NotFound:
        yield Finding(part=Part.FILES, level="pass", what="文件库", detail="S3" if given.s3_url else "本机文件夹")
    except (ServiceUnavailable, Misconfigured) as fault:
        yield Finding(part=Part.FILES, level="fail", what="文件库", detail=fault.sentence,
                      fix="检查 DOCUMENTS_S3_ 开头的设置")  # fmt: skip
    if not given.clamd:
        return
    try:
        documents.admit(b"%PDF-")
    except ServiceUnavailable as fault:
        yield Finding(part=Part.SCANNER, level="fail", what="病毒扫描", detail=fault.sentence,
                      fix="检查 DOCUMENTS_CLAMD")  # fmt: skip
    else:
        yield Finding(part=Part.SCANNER, level="pass", what="病毒扫描", detail=given.clamd)


def _lists(looked: Looked, now: datetime, *, in_storage: bool) -> Iterable[Finding]:
    """The lists in force; the bundled ones as long as there is no database to ask."""
    today = local_day(now)
    if not in_storage:
        return [_catalogue(load()), _calendar(bundled_calendar(), today)]
    with looked.database.read() as session:
        items = read_items(newest(session, ListKind.ITEMS))
        return [_catalogue(items), _calendar(read_calendar(newest(session, ListKind.CALENDAR)), today)]


def _catalogue(catalogue: Catalogue) -> Finding:
    count = len(catalogue.items)
    level: Level = "pass" if count == ITEM_COUNT else "warn"
    fix = "" if level == "pass" else "运行 kuayu catalog check，看清单与 624 项差在哪里"
    return Finding(part=Part.ITEMS, level=level, what="事项清单", detail=f"{count} 项", fix=fix)


def _calendar(calendar: WorkdayCalendar, today: date) -> Finding:
    soon = today + timedelta(days=60)
    if calendar.is_official(today, date(soon.year, 12, 31)):
        return Finding(part=Part.CALENDAR, level="pass", what="工作日历", detail=f"至 {soon.year} 年")
    return Finding(
        part=Part.CALENDAR,
        level="warn",
        what="工作日历",
        detail=f"{soon.year} 年尚未公布",
        fix="通知公布后运行 kuayu catalog import --calendar FILE --apply；跨年时限暂标“待定”",
    )


def _accounts(looked: Looked) -> Finding:
    """Whether somebody could come in by a password that is in our README; whether accounts have a keeper and places."""
    part, what = Part.ACCOUNTS, "账号"
    if looked.settings.sandbox:
        return Finding(part=part, level="pass", what=what, detail="演示环境，演示账号的密码是公开的")
    names = with_printed_password(looked.database)
    if not names:
        return _places(looked) or Finding(part=part, level="pass", what=what, detail="没有账号在用演示密码")
    detail = f"{'、'.join(names)} 还在用公开的演示密码"
    return Finding(part=part, level="fail", what=what, detail=detail, fix=REMEDY.format(names=" ".join(names)))


def _places(looked: Looked) -> Finding | None:
    """Who gives accounts to others, and for whom nothing is opened; None where nothing is to be said."""
    part, what = Part.ACCOUNTS, "账号"
    with looked.database.read() as session:
        keepers, nowhere = district_keepers(session), without_place(session)
    if not keepers:
        fix = "在服务器上运行 kuayu user add 用户名 --role security --unit district"
        detail = "没有区级安全管理员，账号只能在服务器上管理"
        return Finding(part=part, level="warn", what=what, detail=detail, fix=fix)
    if nowhere:
        detail = (
            f"{'、'.join(nowhere[:5])}{' 等' if len(nowhere) > 5 else ''} 没有单位或没有对应投递员，登录后什么也打不开"
        )
        fix = "在“账号”里分配，或运行 kuayu user unit 用户名 单位"
        return Finding(part=part, level="warn", what=what, detail=detail, fix=fix)
    return None


def _devices(looked: Looked) -> Finding:
    """Whether a device that nobody has enrolled could scan, and whether one can be enrolled at all."""
    part, what, settings = Part.DEVICES, "设备", looked.settings
    with looked.database.read() as session:
        live = session.scalar(select(func.count()).select_from(EnrolledDeviceRow).filter_by(revoked_at=None)) or 0
    detail = f"登记了 {live} 台"
    if settings.sandbox:
        return Finding(part=part, level="pass", what=what, detail=detail)
    if not only_enrolled(settings.devices, played=False):
        return Finding(part=part, level="warn", what=what, detail=f"{detail}，没有登记的也能扫描",
                       fix="登记完后在 .env 里设 DEVICES=enrolled")  # fmt: skip
    if not settings.public_url.startswith("https:"):
        return Finding(part=part, level="warn", what=what, detail=f"{detail}，但不经 https 的页面不能登记设备",
                       fix="经 https 提供服务，并设 PUBLIC_URL")  # fmt: skip
    return Finding(part=part, level="pass", what=what, detail=detail)


def _dated(settings: Settings) -> Iterator[tuple[str, Sequence[DatedKey]]]:
    """Variable → its keys, for every direction with every network."""
    yield "SICHUAN_OUR_KEYS", settings.sichuan.our_keys
    yield "SICHUAN_PARTNER_KEYS", settings.sichuan.partner_keys
    yield "SOUTHWEST_OUR_CERTS", settings.southwest.our_certs
    yield "SOUTHWEST_PARTNER_KEYS", settings.southwest.partner_keys
    yield "INTERPROVINCIAL_TOKEN", settings.interprovincial.token
    yield "INTERPROVINCIAL_APP_KEY", settings.interprovincial.app_key


def days_of_keys(settings: Settings, today: date) -> list[tuple[str, int | None]]:
    """(Variable, days left until its last valid key ends) of every key and certificate; None: no end is set.

    Negative where none counts any more; the soonest first.
    """
    found: list[tuple[str, int | None]] = []
    for variable, keys in _dated(settings):
        last = max(key.not_after for key in keys if key.not_before <= today or key.not_after >= today)
        found.append((variable, None if last == date.max else (last - today).days))
    return sorted(found, key=lambda each: (each[1] is None, each[1] or 0, each[0]))


def _keys(settings: Settings, today: date) -> Finding:
    part, what = Part.KEYS, "密钥与证书"
    soon = [(variable, days) for variable, days in days_of_keys(settings, today) if days is not None]
    ended = [variable for variable, days in soon if days < 0]
    if ended:
        return Finding(part=part, level="fail", what=what, detail=f"{'、'.join(ended)} 已经到期",
                       fix="向对方换取新密钥，写进该设置（新旧之间用逗号隔开），再重启")  # fmt: skip
    ending = [f"{variable} 剩 {days} 天" for variable, days in soon if days <= _KEY_SOON]
    if ending:
        return Finding(part=part, level="warn", what=what, detail="、".join(ending),
                       fix="到期前向对方换取新密钥，新旧两把可以同时有效")  # fmt: skip
    detail = f"最早的剩 {soon[0][1]} 天（{soon[0][0]}）" if soon else "都没有设到期日"
    return Finding(part=part, level="pass", what=what, detail=detail)


def _private(settings: Settings) -> Finding:
    """What lies in DATA_DIR is for our own user alone."""
    part, what, folder = Part.PRIVATE, "文件权限", settings.data_dir
    loose = sum(1 for _ in open_to_others(folder, _LOOKED_AT))
    if loose:
        return Finding(part=part, level="warn", what=what, detail=f"DATA_DIR 里有 {loose} 个文件或目录别的用户也能打开",
                       fix=f"执行 chmod -R go= {shlex.quote(str(folder))}")  # fmt: skip
    return Finding(part=part, level="pass", what=what, detail="DATA_DIR 只有本程序的用户能打开")


def _backup(settings: Settings, now: datetime) -> Finding:
    part, what, mark = Part.BACKUP, "备份", settings.data_dir / BACKUP_MARK
    fix = f"每天备份数据库和 DATA_DIR，成功后执行 touch {BACKUP_MARK}（在 DATA_DIR 里）"
    if not mark.exists():
        return Finding(part=part, level="warn", what=what, detail="不知道上次备份是什么时候", fix=fix)
    at = datetime.fromtimestamp(mark.stat().st_mtime, CHINA)
    level: Level = "pass" if now - at <= _BACKUP_OLD else "warn"
    return Finding(part=part, level=level, what=what, detail=f"上次 {_said(at)}", fix=fix if level == "warn" else "")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free = shutil.disk_usage(folder).free
    level: Level = "fail" if free <= _LITTLE_DISK else "warn" if free <= _LOW_DISK else "pass"
    fix = "" if level == "pass" else "清理磁盘，或把 DATA_DIR 移到更大的盘"
    left = f"{free // 1024**3} GB" if level == "pass" else f"{free // 1024**2} MB"
    return Finding(part=Part.DISK, level=level, what="磁盘", detail=f"剩余 {left}", fix=fix)


def _fonts() -> Finding:
    part, what = Part.FONTS, "字体"
    there = [file.name for file in resources.files("logistics.fonts").iterdir() if file.name.endswith(".ttf")]
    if there:
        return Finding(part=part, level="pass", what=what, detail=f"{there[0]} 随程序提供，打印不用另装")
    return Finding(part=part, level="fail", what=what, detail="打印用的中文字体不见了",
                   fix="重新安装本程序（logistics/fonts 下应有 .ttf 文件）")  # fmt: skip


def _said(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.month}月{local.day}日 {local:%H:%M}"

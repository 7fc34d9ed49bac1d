"""`kuayu doctor`: read-only, one line per thing that can be wrong, with its fix."""

import shutil
from datetime import date, timedelta
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from catalog.items import load
from catalog.model import ITEM_COUNT, Catalogue
from catalog.workdays import WorkdayCalendar, bundled_calendar, local_day
from domain.errors import Misconfigured, NotFound, ServiceUnavailable
from domain.model import Frozen
from domain.naming import CASES_QUEUE
from domain.terms import Partner
from runtime.container import container_of, now
from runtime.networks import is_connected
from runtime.settings import Settings, load_settings
from runtime.temporal import has_worker, is_serving
from storage.catalogue import ListKind, newest, read_calendar, read_items
from storage.migrating import standing

_LITTLE_DISK = 1024**3


class Finding(Frozen):
    """One thing that was examined. `what` and `detail` are for people; `fix`: one thing to do, empty for a pass."""

    level: Literal["pass", "warn", "fail"]
    what: str
    detail: str
    fix: str = ""


async def examine() -> list[Finding]:
    """All findings; stops at the settings if they cannot be read."""
    try:
        settings = load_settings()
    except Misconfigured as fault:
        return [Finding(level="fail", what="设置", detail=fault.sentence, fix="对照 .env.example 补齐")]
    findings = [Finding(level="pass", what="设置", detail="可读")]
    database = _database(settings)
    findings += [database, *_lists(settings, in_storage=database.level == "pass"), _networks(), _disk(settings)]
    findings += _files(settings)
    findings += await _temporal(settings)
    return findings


def _database(settings: Settings) -> Finding:
    parts = container_of(settings)
    try:
        current, newest = standing(parts.database.engine)
    except SQLAlchemyError as fault:
        return Finding(level="fail", what="数据库", detail=type(fault).__name__, fix="检查 DATABASE_URL")
    if current != newest:
        return Finding(level="fail", what="数据库", detail=f"版本 {current or '无'}", fix="运行 kuayu migrate")
    return Finding(level="pass", what="数据库", detail=f"版本 {current}")


def _lists(settings: Settings, *, in_storage: bool) -> list[Finding]:
    """The lists in force; the bundled ones as long as there is no database to ask."""
    if not in_storage:
        return [_catalogue(load()), _calendar(bundled_calendar())]
    with container_of(settings).database.read() as session:
        items = read_items(newest(session, ListKind.ITEMS))
        return [_catalogue(items), _calendar(read_calendar(newest(session, ListKind.CALENDAR)))]


def _catalogue(catalogue: Catalogue) -> Finding:
    count = len(catalogue.items)
    level: Literal["pass", "warn"] = "pass" if count == ITEM_COUNT else "warn"
    return Finding(level=level, what="事项清单", detail=f"{count} 项")


def _calendar(calendar: WorkdayCalendar) -> Finding:
    today = local_day(now())
    soon = today + timedelta(days=60)
    if calendar.is_official(today, date(soon.year, 12, 31)):
        return Finding(level="pass", what="工作日历", detail=f"至 {soon.year} 年")
    return Finding(
        level="warn",
        what="工作日历",
        detail=f"{soon.year} 年尚未公布",
        fix="通知公布后运行 kuayu catalog import --calendar FILE --apply；跨年时限暂标“待定”",
    )


def _networks() -> Finding:
    missing = [partner.value for partner in Partner if not is_connected(partner)]
    if not missing:
        return Finding(level="pass", what="通办网络", detail="、".join(Partner))
    detail = f"没有接入 {'、'.join(missing)}，其办件将一直等待"
    return Finding(level="warn", what="通办网络", detail=detail, fix="装回 partners/ 下的同名目录")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    free = shutil.disk_usage(folder).free
    level: Literal["pass", "fail"] = "pass" if free > _LITTLE_DISK else "fail"
    return Finding(
        level=level, what="磁盘", detail=f"剩余 {free // 1024**2} MB", fix="" if level == "pass" else "清理磁盘"
    )


def _files(settings: Settings) -> list[Finding]:
    """The store of documents, asked for one that is not there, and the scanner, given the shortest of files."""
    documents, given = container_of(settings).documents, settings.documents
    found = []
    try:
        documents.read("0" * 64)
    except NotFound:
        found.append(Finding(level="pass", what="文件库", detail="S3" if given.s3_url else "本机文件夹"))
    except (ServiceUnavailable, Misconfigured) as fault:
        found.append(Finding(level="fail", what="文件库", detail=fault.sentence, fix="检查 DOCUMENTS_S3_ 开头的设置"))
    if not given.clamd:
        return found
    try:
        documents.admit(b"%PDF-")
    except ServiceUnavailable as fault:
        return [*found, Finding(level="fail", what="病毒扫描", detail=fault.sentence, fix="检查 DOCUMENTS_CLAMD")]
    return [*found, Finding(level="pass", what="病毒扫描", detail=given.clamd)]


async def _temporal(settings: Settings) -> list[Finding]:
    if not await is_serving(settings):
        return [
            Finding(level="fail", what="Temporal", detail=f"{settings.temporal_target} 不可用", fix="先运行 make run")
        ]
    found = [Finding(level="pass", what="Temporal", detail=settings.temporal_target)]
    if await has_worker(settings, CASES_QUEUE):
        return [*found, Finding(level="pass", what="Worker", detail="在线")]
    return [*found, Finding(level="fail", what="Worker", detail="没有在线的 worker", fix="运行 kuayu worker")]

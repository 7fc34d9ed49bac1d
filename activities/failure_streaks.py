"""How often in a row a part of a job, or one row of it, has failed: after five times a person gets a task."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog

from activities.troubles import trouble_of
from domain.jobs import Job
from domain.troubles import STUCK_AFTER, Subject, Trouble
from storage.base import Database
from storage.row_isolation import RowFailed
from storage.stuck_steps import open_matters, open_stuck
from storage.tasks.rows import settle_task

PREFIX: Final = "stuck/job/"

PARTS: Final[dict[str, str]] = {
    "start_cases": "启动办件",
    "deliver": "向办件和寄递送达消息",
    "look": "查找中断的流程",
    "attach_loose": "归集先到的扫描",
    "remind_of_results": "提醒领取电子结果",
    "watch_claims": "督促邮件理赔",
    "note_proofs": "登记补传的凭证",
    "miss_proofs": "提示未到的凭证",
    "judge_late_uploads": "重新核定一小时承诺",
    "give_up_parked": "处理无主消息",
    "escalate_rework": "督办差评整改",
    "expire_drafts": "清除到期的上传",
    "drop_old_drafts": "清除到期的草稿",
    "watch_condition": "记录系统状况",
    "settle_over": "了结已不再重试的步骤",
    "track": "查询邮政轨迹",
    "send_messages": "发送办件提醒",
    "heal": "补查缺失的进展",
    "poll": "收取对方系统消息",
    "reconcile": "每日对账",
    "erase_due": "删除到期的个人信息",
    "clear_set_aside": "清除到期的无主扫描",
}
"""Every part of a job in words."""

Failed = Mapping[str, tuple[Subject, Exception]]
"""key of a row ("": the part as a whole) → what it is, and what happened."""

log = structlog.get_logger(__name__)


class FailureStreaks:
    """Counts of one process. Where a worker takes over from another, a task that is open is not opened again."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._counts: dict[tuple[Job, str], dict[str, int]] = {}
        """job and part → key of a row → failures in a row; {}: all is well and nothing is open"""

    async def note(self, job: Job, part: str, failure: Exception | None, after: int = STUCK_AFTER) -> None:
        """Note how a part went this time (None: well). Opens and settles tasks; never raises, so that the job goes on.

        An ExceptionGroup of RowFailed counts for each row; anything else for the part as a whole. `after`: failures in
        a row that open a task. What may pass, such as an outage, counts for nothing and settles nothing.
        """
        before = self._counts.get((job, part))
        if failure is None and before == {}:
            return
        failed = _rows(failure)
        stuck = {key: both for key, both in failed.items() if trouble_of(both[1]) is not None}
        of_rows = failure is None or isinstance(failure, ExceptionGroup)
        # Of a part that failed as a whole, and of a row whose failure may pass, nothing new is known.
        counts = {key: count for key, count in (before or {}).items() if not of_rows or key in failed}
        counts |= {key: counts.get(key, 0) + 1 for key in stuck}
        for key, (_, one) in failed.items():
            self._log(job, part, key, one, counts.get(key))
        if failed and not stuck:
            return
        try:
            stuck_now = {key: both for key, both in stuck.items() if counts[key] == after}
            await asyncio.to_thread(self._keep_tasks, job, part, stuck_now, set(counts) if of_rows else None)
        except Exception as second:
            log.exception("job_failure_not_reported", job=job, part=part, error=type(second).__name__)
        else:
            self._counts[job, part] = counts

    @staticmethod
    def _log(job: Job, part: str, row: str, failure: Exception, in_a_row: int | None) -> None:
        say = log.warning if trouble_of(failure) is None else log.error
        trace = None if row else failure  # a row's has been logged already
        error = type(failure).__name__
        say("job_failed", job=job, part=part, row=row, error=error, in_a_row=in_a_row, exc_info=trace)

    def _keep_tasks(self, job: Job, part: str, stuck_now: Failed, failing: set[str] | None) -> None:
        """Open what is new, settle what is over. `failing`: all rows that do; None: nobody knows."""
        prefix, now = f"{PREFIX}{job}/{part}/", self._now()
        with self._database.read() as session:
            known = {key.removeprefix(prefix).split("/")[0]: key for key in open_matters(session, prefix)}
        going_on = set(known) if failing is None else {_digest(key) for key in failing}
        if not stuck_now and known.keys() <= going_on:
            return
        with self._database.write() as session:
            for digest in known.keys() - going_on:
                settle_task(session, known[digest], now)
            for row, (subject, failure) in stuck_now.items():
                if _digest(row) in known:
                    continue
                open_stuck(
                    session,
                    f"{prefix}{_digest(row)}/{now.isoformat()}",
                    subject,
                    step=PARTS.get(part, part),
                    trouble=trouble_of(failure) or Trouble.PROGRAM,
                    error=type(failure).__name__,
                    now=now,
                )


def _rows(failure: Exception | None) -> dict[str, tuple[Subject, Exception]]:
    if failure is None:
        return {}
    if not isinstance(failure, ExceptionGroup):
        return {"": (Subject(), failure)}
    rows = [one for one in failure.exceptions if isinstance(one, RowFailed)]
    return {one.subject.key: (one.subject, one.failure) for one in rows}


def _digest(key: str) -> str:
    """Short and of one form, whatever the row is called."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]

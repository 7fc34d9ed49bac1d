"""A network's lists as tables that Excel and WPS open at once (CSV): no name, number or word of a person is in them."""

import csv
import io
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from catalog.regions import find as find_region
from domain.messages import DeadlineKind, Responsible
from domain.terms import CaseStatus, Partner
from logistics.service_calendar import CHINA
from storage.exchange import partner_lists
from web.api.partners import exchanged
from web.foundation.context import Context
from web.views.partner_desk import with_attempts
from web.views.wording import DEADLINES, DIRECTIONS, RESPONSIBLE

_MOST: Final = 5_000


class What(StrEnum):
    """Which list."""

    CASES = "cases"
    DELIVERIES = "deliveries"


class Encoding(StrEnum):
    """How its letters are written; the value is the charset."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"

    def bytes_of(self, text: str) -> bytes:
        """The text in this encoding; UTF-8 with a BOM, without which Excel takes it for the local code page."""
        return text.encode("utf-8-sig" if self is Encoding.UTF_8 else "gb18030")


def table(session: Session, ctx: Context, partner: Partner, what: What) -> str:
    """The list as CSV with a heading, at most 5,000 lines: deliveries latest first, clocks by what ends soonest."""
    rows = _deliveries(session, partner) if what is What.DELIVERIES else _cases(session, partner)
    out = io.StringIO()
    csv.writer(out).writerows([[_plain(cell) for cell in row] for row in rows])
    return out.getvalue()


def _deliveries(session: Session, partner: Partner) -> list[list[str]]:
    rows = exchanged(session, partner, "exchanges", _MOST, None).rows
    shown = with_attempts(session, partner, list(rows))
    head = ["时间", "方向", "内容", "消息编号", "办理编号", "次数", "毫秒", "字节", "返回码", "说明", "SHA-256"]
    return [
        head,
        *(
            [
                *(row["at"], DIRECTIONS[row["direction"]], row["what"], row["messageId"], row["handlingNo"] or ""),
                *(str(row["attempts"]), str(row["durationMs"]), str(row["size"]), row["verdict"], row["said"]),
                row["sha256"],
            ]
            for row in shown
        ),
    ]


def _cases(session: Session, partner: Partner) -> list[list[str]]:
    head = ["办理编号", "受理编号", "事项", "办理地", "状态", "轮到谁", "时限", "最后时间"]
    lines = []
    for clock, handling, case in partner_lists.clocks_of(session, partner, tuple(Responsible), _MOST):
        region = find_region(handling.region)
        lines.append(
            [
                *(handling.handling_no, case.case_no, case.item_name, region.full_name if region else handling.region),
                *(CaseStatus(handling.status).label, RESPONSIBLE[Responsible(clock.responsible)]),
                *(DEADLINES[DeadlineKind(clock.kind)], f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"),
            ]
        )
    return [head, *lines]


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, nor a long number for an amount."""
    formula = cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not cell.lstrip("-").isdigit()
    return f"'{cell}" if formula else f"{cell}\t" if cell.isdigit() and len(cell) > 11 else cell

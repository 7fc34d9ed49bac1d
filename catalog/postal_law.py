"""What the postal law gives for a parcel that is late, damaged, incomplete or lost (邮政法第五章): limits and sums.

Source: 中华人民共和国邮政法（2015年修正）, chapter 5 损失赔偿: article 45 (what a loss is, and that mail beyond the
universal service follows civil law), 47 (sums), 48 (exemptions), 49 (within which time one asks, is answered, and
claims). Days are calendar days of the hall's clock; the first day is not counted. A last day that is a holiday is
not moved: so a reminder may come early, and never late.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from catalog.workdays import SHANGHAI, local_day
from domain.claims import ClaimKind, ClaimState, MailService, RefusalGround
from domain.model import Frozen


class Limit(NamedTuple):
    """How long a state may last, on what ground, and how long before its end a person is reminded; in days."""

    days: int
    ground: str
    warn_days: int


_OURS: Final = "大厅自定"

LIMITS: Final[dict[ClaimState, Limit]] = {
    ClaimState.OPENED: Limit(3, _OURS, 1),
    ClaimState.INQUIRY: Limit(30, "邮政法第四十九条", 5),
    ClaimState.ANSWERED: Limit(5, _OURS, 1),
    ClaimState.ACCEPTED: Limit(30, _OURS, 5),
}
"""State → its limit; a claim that is over has none. For express mail the 30 days are what we watch, not the law's."""

REMOTE: Final = Limit(60, "邮政法第四十九条（边远地区）", 10)
"""Of an inquiry about a place that the postal authority calls remote; which ones these are, a clerk must know."""

ASK_WITHIN_YEARS: Final = 1
"""Domestic mail may be asked about, and claimed, within a year from the day on which it was handed in (article 49)."""

TIMES_POSTAGE: Final = 3

GROUNDS: Final[dict[RefusalGround, tuple[str, str]]] = {
    RefusalGround.FORCE_MAJEURE: ("不可抗力造成（保价的邮件除外）", "邮政法第四十八条"),
    RefusalGround.NATURE: ("所寄物品本身的自然性质或者合理损耗", "邮政法第四十八条"),
    RefusalGround.FAULT: ("寄件人或者收件人的过错", "邮政法第四十八条"),
    RefusalGround.OUT_OF_TIME: ("交寄之日起一年内没有查询，也没有提出赔偿要求", "邮政法第四十九条"),
    RefusalGround.NO_LOSS: ("查明邮件没有丢失、损毁或者内件短少", "邮政法第四十五条"),
    RefusalGround.NOT_COVERED: ("仅为延误，不属于邮政法所称的损失", "邮政法第四十五条"),
}
"""Ground → (what it says, its article)."""


class Loss(Frozen):
    """What a sum is reckoned from, in fen. `whole`: everything is lost or destroyed. None: not known, or not agreed.

    `insured_fen`: 保价额; `value_fen`: what all of it is worth; `loss_fen`: what was really lost; `postage_fen`: 资费.
    `gross`: intent or gross negligence of the carrier, which takes its limits away.
    """

    kind: ClaimKind
    service: MailService
    whole: bool
    insured_fen: int | None = None
    value_fen: int | None = None
    loss_fen: int | None = None
    postage_fen: int | None = None
    gross: bool = False


class Most(Frozen):
    """The most that can be claimed, and why. `fen` None: what is known sets no number."""

    fen: int | None
    ground: str


def limit_of(state: ClaimState, *, remote: bool = False) -> Limit | None:
    """The limit of a state; None where nobody needs to act any more."""
    return REMOTE if remote and state is ClaimState.INQUIRY else LIMITS.get(state)


def due_after(limit: Limit, since: datetime, time_scale: float = 1.0) -> datetime:
    """When a limit ends that began at `since`: the last second of its last day; sooner where business time runs so."""
    if time_scale != 1:
        return since + timedelta(days=limit.days) / time_scale
    return end_of(local_day(since) + timedelta(days=limit.days))


def remind_at(limit: Limit, since: datetime, time_scale: float = 1.0) -> datetime:
    """When a person is reminded of that end."""
    return due_after(limit, since, time_scale) - timedelta(days=limit.warn_days) / time_scale


def ask_until(posted_at: datetime) -> datetime:
    """The last second in which a parcel that was handed in then may be asked about."""
    posted = local_day(posted_at)
    year = posted.year + ASK_WITHIN_YEARS
    return end_of(posted.replace(year=year, day=min(posted.day, monthrange(year, posted.month)[1])))


def end_of(day: date) -> datetime:
    """The last second of a day by the hall's clock, in UTC."""
    return datetime.combine(day, time(23, 59, 59), SHANGHAI).astimezone(UTC)


def most(loss: Loss) -> Most:
    """The most that the law gives for a loss, with its ground as a sentence for the clerk.

    Raises:
        ValueError: partly lost and insured, without the value of the whole and the loss.
    """
    if loss.kind is ClaimKind.DELAYED and loss.service is not MailService.EXPRESS:
        return Most(fen=0, ground="邮政法所称的损失不含延误，只能查询和催办（邮政法第四十五条）")
    if loss.gross:
        return Most(fen=loss.loss_fen, ground="邮政有故意或者重大过失的，按实际损失赔偿，不受限额（邮政法第四十七条）")
    if loss.service is MailService.EXPRESS:
        return _express(loss)
    return _insured(loss) if loss.insured_fen is not None else _uninsured(loss)


def _express(loss: Loss) -> Most:
    """Beyond the universal service: civil law (article 45), so the terms of the contract on insured mail."""
    if loss.insured_fen is not None:
        return Most(fen=loss.insured_fen, ground="保价的特快邮件按约定的保价规则赔偿，最高为保价额（邮政法第四十五条）")
    return Most(fen=loss.loss_fen, ground="未保价的特快邮件依照民事法律赔偿实际损失（邮政法第四十五条）")


def _insured(loss: Loss) -> Most:
    insured = loss.insured_fen or 0
    if loss.whole:
        return Most(fen=insured, ground="保价的邮件丢失或者全部损毁，按保价额赔偿（邮政法第四十七条）")
    if not loss.value_fen or loss.loss_fen is None:
        raise ValueError("partly lost: the value of the whole and the loss are needed")
    share = loss.loss_fen * min(insured, loss.value_fen) // loss.value_fen
    told = "保价的邮件部分损毁或者内件短少，实际损失按保价额与全部价值的比例赔偿（邮政法第四十七条）"
    return Most(fen=share, ground=told)


def _uninsured(loss: Loss) -> Most:
    cap = loss.postage_fen * TIMES_POSTAGE if loss.postage_fen is not None else None
    if loss.service is MailService.LETTER and loss.kind in (ClaimKind.LOST, ClaimKind.DAMAGED):
        return Most(fen=cap, ground="挂号信件丢失、损毁，按资费的三倍赔偿（邮政法第四十七条）")
    known = [fen for fen in (loss.loss_fen, cap) if fen is not None]
    told = "未保价的邮件赔偿实际损失，最高不超过资费的三倍（邮政法第四十七条）"
    return Most(fen=min(known, default=None), ground=told)

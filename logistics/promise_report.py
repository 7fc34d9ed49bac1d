"""Figures over many promises (承诺统计): kept, proved, excused and by whose account, courier.md §4 "Report both"."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import NamedTuple, Protocol

from domain.model import Frozen
from logistics.promise_model import CauseParty, PromiseVerdict


class PromiseReport(Frozen):
    """`judged` counts those with an outcome; shares are of them, 0 … 1, None without any.

    excused_share    excused minutes of all minutes (adjusted + excused), by account
    needs_note       more is excused than may be without a supervisor's note
    """

    verdicts: Mapping[PromiseVerdict, int]
    provisional: int
    judged: int
    kept_share: float | None
    verified_share: float | None
    mean_raw_minutes: float | None
    mean_adjusted_minutes: float | None
    excused_share: Mapping[CauseParty, float]
    needs_note: bool


class Judged(Protocol):
    """What the figures ask of a promise: fields of `PromiseState`."""

    @property
    def verdict(self) -> PromiseVerdict:
        """How it stands, or came out."""
        ...

    @property
    def provisional(self) -> bool:
        """Broken, but a device has not uploaded everything yet."""
        ...

    @property
    def stopped_at(self) -> object | None:
        """When the clock stopped; None while it runs."""
        ...

    @property
    def verified(self) -> bool:
        """Whether what stopped it is proved."""
        ...

    @property
    def raw_minutes(self) -> float:
        """On the wall, since the order."""
        ...

    @property
    def adjusted_minutes(self) -> float:
        """That counted, less pauses and suspensions."""
        ...

    @property
    def excused(self) -> Mapping[CauseParty, float]:
        """Minutes that did not count, by whose account."""
        ...


class Outcome(NamedTuple):
    """A `Judged` as it is kept in columns beside a leg; `stopped_at` True or None, for whether and not for when."""

    verdict: PromiseVerdict
    provisional: bool
    stopped_at: bool | None
    verified: bool
    raw_minutes: float
    adjusted_minutes: float
    excused: Mapping[CauseParty, float]


KEPT = (PromiseVerdict.KEPT, PromiseVerdict.KEPT_LATE_UPLOAD)


def report(states: Iterable[Judged], excused_limit: float = 0.1) -> PromiseReport:
    """The figures of these promises; a cancelled or open one is counted and not judged.

    `excused_limit`: share of minutes that may be excused without a supervisor's note.
    """
    states = list(states)
    verdicts = Counter(state.verdict for state in states)
    judged = [state for state in states if state.verdict in (*KEPT, PromiseVerdict.BREACHED)]
    stopped = [state for state in judged if state.stopped_at is not None]
    kept = sum(verdicts[verdict] for verdict in KEPT)
    excused = {party: sum(state.excused.get(party, 0.0) for state in judged) for party in CauseParty}
    total = sum(state.adjusted_minutes for state in judged) + sum(excused.values())
    share = {party: minutes / total for party, minutes in excused.items() if minutes} if total else {}
    return PromiseReport(
        verdicts=dict(verdicts),
        provisional=sum(state.provisional for state in states),
        judged=len(judged),
        kept_share=kept / len(judged) if judged else None,
        verified_share=sum(state.verified for state in stopped) / len(judged) if judged else None,
        mean_raw_minutes=fmean(state.raw_minutes for state in stopped) if stopped else None,
        mean_adjusted_minutes=fmean(state.adjusted_minutes for state in stopped) if stopped else None,
        excused_share=share,
        needs_note=sum(share.values()) > excused_limit,
    )

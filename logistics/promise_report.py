"""Figures over many promises (承诺统计): kept, proved, excused and by whose account, courier.md §4 "Report both"."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import fmean

from domain.model import Frozen
from logistics.promise_model import CauseParty, PromiseState, PromiseVerdict


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


_KEPT = (PromiseVerdict.KEPT, PromiseVerdict.KEPT_LATE_UPLOAD)


def report(states: Iterable[PromiseState], excused_limit: float = 0.1) -> PromiseReport:
    """The figures of these promises; a cancelled or open one is counted and not judged.

    `excused_limit`: share of minutes that may be excused without a supervisor's note.
    """
    states = list(states)
    verdicts = Counter(state.verdict for state in states)
    judged = [state for state in states if state.verdict in (*_KEPT, PromiseVerdict.BREACHED)]
    stopped = [state for state in judged if state.stopped_at is not None]
    kept = sum(verdicts[verdict] for verdict in _KEPT)
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

"""The regular rounds and where each is worked: a network's rounds on the network's own queue."""

from datetime import timedelta
from enum import StrEnum

from domain.model import Frozen
from domain.naming import CARRIER_QUEUE, CASES_QUEUE, partner_queue
from domain.terms import Partner


class Round(StrEnum):
    """What is done again and again (巡检)."""

    SWEEP = "sweep"  # starts, inbox, scans and tasks that were left behind
    POLL_SOUTHWEST = "poll_southwest"
    POLL_INTERPROVINCIAL = "poll_interprovincial"
    TRACK = "track"  # the carrier's trace of interregional legs
    HEAL_SICHUAN = "heal_sichuan"  # the status behind a gap in an authority's sequence that stays open
    HEAL_INTERPROVINCIAL = "heal_interprovincial"
    RECONCILE_SICHUAN = "reconcile_sichuan"  # yesterday's books, once a day
    RECONCILE_SOUTHWEST = "reconcile_southwest"
    RECONCILE_INTERPROVINCIAL = "reconcile_interprovincial"


class Work(Frozen):
    """The activity of a round, its queue, and how long it may take."""

    activity: str
    queue: str
    partner: Partner | None = None  # whose round it is
    at_most: timedelta = timedelta(minutes=5)


SILENT_AT_MOST = timedelta(seconds=20)
"""A worker that says nothing for so long is gone; the next round makes up for it."""

_ASKING = timedelta(hours=2)  # every open handling is asked about, one after the other


def _of(partner: Partner, activity: str, at_most: timedelta = timedelta(minutes=5)) -> Work:
    return Work(activity=activity, queue=partner_queue(partner), partner=partner, at_most=at_most)


ROUND_WORK: dict[Round, Work] = {
    Round.SWEEP: Work(activity="round_sweep", queue=CASES_QUEUE),
    Round.POLL_SOUTHWEST: _of(Partner.SOUTHWEST, "round_poll_southwest"),
    Round.POLL_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL, "round_poll_interprovincial"),
    Round.TRACK: Work(activity="round_track", queue=CARRIER_QUEUE),
    Round.HEAL_SICHUAN: _of(Partner.SICHUAN, "round_heal"),
    Round.HEAL_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL, "round_heal"),
    Round.RECONCILE_SICHUAN: _of(Partner.SICHUAN, "round_reconcile", _ASKING),
    Round.RECONCILE_SOUTHWEST: _of(Partner.SOUTHWEST, "round_reconcile", _ASKING),
    Round.RECONCILE_INTERPROVINCIAL: _of(Partner.INTERPROVINCIAL, "round_reconcile", _ASKING),
}

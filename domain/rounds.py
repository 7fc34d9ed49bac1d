"""The regular rounds and where each is worked: a partner's round on the partner's own queue."""

from enum import StrEnum

from domain.naming import CARRIER_QUEUE, CASES_QUEUE, partner_queue
from domain.terms import Partner


class Round(StrEnum):
    """What is done again and again (巡检)."""

    SWEEP = "sweep"  # starts, inbox, scans and tasks that were left behind
    POLL_SOUTHWEST = "poll_southwest"
    POLL_INTERPROVINCIAL = "poll_interprovincial"
    TRACK = "track"  # the carrier's trace of interregional legs
    HEAL_GAPS = "heal_gaps"  # the status behind a gap in an authority's sequence that stays open
    RECONCILE = "reconcile"  # yesterday's books, once a day


ROUND_QUEUES: dict[Round, str] = {
    Round.SWEEP: CASES_QUEUE,
    Round.POLL_SOUTHWEST: partner_queue(Partner.SOUTHWEST),
    Round.POLL_INTERPROVINCIAL: partner_queue(Partner.INTERPROVINCIAL),
    Round.TRACK: CARRIER_QUEUE,
    Round.HEAL_GAPS: CASES_QUEUE,
    Round.RECONCILE: CASES_QUEUE,
}

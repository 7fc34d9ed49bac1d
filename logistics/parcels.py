"""Where a parcel stands (寄递状态), derived from its events by one pure function, courier.md §3.

The same set of events gives the same state in any order of arrival, with any duplicates: rank within an
attempt (epoch), the later attempt wins, side stages in the order of time. The stored state is a cache of this.
"""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from domain.model import Frozen, is_unset
from domain.terms import PARCEL_RANK, Leg, ParcelStage, SignerKind
from logistics.custody import Finding, FindingKind, review
from logistics.evidence import judge
from logistics.milestones import Milestone, arrival, first, of_last_attempt, pickup
from logistics.one_hand import checks_of_one_hand
from logistics.paper_counts import ListCount
from logistics.scans import JudgedScan, LegPolicy, PaperLine, ScanEvent, ScanUse
from logistics.stages import CLEARED_FROM_RANK, IMPLIED_RANK, reachable

S = ParcelStage


class StageMark(Frozen):
    """A stage reached in an attempt: delivered to the leg's workflow once (decisions.md 6).

    `at`: the first time that it was said, UTC; None in a state that was kept before times were.
    """

    epoch: int
    stage: ParcelStage
    at: datetime | None = Field(default=None, exclude_if=is_unset)

    @property
    def key(self) -> str:
        """ "{epoch}-{stage}"; with the leg in front it is the id of the Update."""
        return f"{self.epoch}-{self.stage}"


class ParcelState(Frozen):
    """What the events say about a parcel on one leg.

    status           what people see: the side stage if there is one, else the stage of the main line
    terminal         nothing more is expected (a lost parcel may still be found)
    complete         the leg has done what it was for: delivered to one who may sign, and checked where it must be
    return_required  cancelled while a courier held it: it must go back
    counts           every time that somebody has counted the papers, in the order that counts
    scans            every event with its verdict, in the order that counts
    """

    leg: Leg
    epoch: int
    status: ParcelStage
    stage: ParcelStage
    side: ParcelStage | None
    terminal: bool
    complete: bool
    return_required: bool
    damaged: bool
    signer_kind: SignerKind | None
    holder: str | None
    seal_no: str | None
    accepted: Milestone | None
    arrived_door: Milestone | None
    picked_up: Milestone | None
    delivered: Milestone | None
    hall_checked: Milestone | None
    marks: tuple[StageMark, ...]
    findings: tuple[Finding, ...]
    counts: tuple[ListCount, ...] = Field(default=(), exclude_if=is_unset)
    scans: tuple[JudgedScan, ...]


def derive(policy: LegPolicy, events: Iterable[ScanEvent]) -> ParcelState:
    """The state that these events give; with none, an order. Pure: no clock, no order of arrival.

    Raises:
        ValueError: an event belongs to another leg.
    """
    events = list(events)
    if any(event.leg is not policy.leg for event in events):
        raise ValueError("an event of another leg")
    fold = _Fold(policy)
    scans = fold.run(judge(policy, events))
    effective = [scan for scan in scans if scan.use is ScanUse.EFFECTIVE]
    holder, findings = review(effective, policy.papers)
    picked_up = pickup(scans)
    arrived = arrival(effective)
    seals = [scan.event.seal_no for scan in effective if scan.event.seal_no is not None]
    complete = fold.side is None and not fold.return_required and fold.stage in _ends(policy)
    return ParcelState(
        leg=policy.leg,
        epoch=fold.epoch,
        status=fold.side or fold.stage,
        stage=fold.stage,
        side=fold.side,
        terminal=complete or fold.side in (S.RETURNED, S.CANCELLED, S.LOST),
        complete=complete,
        return_required=fold.return_required,
        damaged=fold.damaged,
        signer_kind=fold.signer_kind,
        holder=None if fold.side is S.RETURNED or fold.stage in _DELIVERED else holder,
        seal_no=seals[-1] if seals else None,
        accepted=first(effective, S.ACCEPTED),
        arrived_door=arrived,
        picked_up=picked_up,
        delivered=of_last_attempt(effective, S.DELIVERED),
        hall_checked=of_last_attempt(effective, S.HALL_CHECKED),
        marks=_marks(effective),
        findings=tuple(findings + _findings(scans, arrived, picked_up, fold.return_required)),
        counts=tuple(_counted(scan, scan.event.manifest) for scan in effective if scan.event.manifest is not None),
        scans=tuple(scans),
    )


def _counted(scan: JudgedScan, lines: tuple[PaperLine, ...]) -> ListCount:
    event = scan.event
    handed_over = event.to_party is not None
    return ListCount(
        event_id=event.event_id,
        stage=event.stage or S.ORDERED,
        at=scan.at,
        by=event.to_party or event.actor or event.device_id,
        handed_over=handed_over,
        lines=lines,
    )


_DELIVERED = frozenset({S.DELIVERED, S.HALL_CHECKED})


def _ends(policy: LegPolicy) -> frozenset[ParcelStage]:
    return frozenset({S.HALL_CHECKED}) if policy.hall_check else _DELIVERED


class _Fold:
    """Walks the judged scans, attempt by attempt."""

    def __init__(self, policy: LegPolicy) -> None:
        self._policy = policy
        self._claimed = S.ORDERED  # as far as any scan says, verified or not: what may follow is judged by it
        self._cancelled = False
        self._held = False
        self._returning = False
        self._one_hand: frozenset[str] = frozenset()
        self.epoch = 1
        self.stage = S.ORDERED
        self.side: ParcelStage | None = None
        self.damaged = False
        self.signer_kind: SignerKind | None = None

    @property
    def return_required(self) -> bool:
        return self._cancelled and self._held

    def run(self, scans: list[JudgedScan]) -> list[JudgedScan]:
        """The scans with their final verdicts; afterwards the attributes hold the result."""
        verdicts = {scan.event.event_id: scan for scan in scans}
        effective = [scan for scan in scans if scan.use is ScanUse.EFFECTIVE]
        for epoch in sorted({scan.epoch for scan in effective}):
            attempt = [scan for scan in effective if scan.epoch == epoch]
            self.epoch = epoch
            self._one_hand = checks_of_one_hand(attempt)
            if any(_counts(scan) for scan in attempt):
                self.stage, self._claimed, self.side, self._returning = S.ORDERED, S.ORDERED, None, False
            for scan in attempt:
                verdicts[scan.event.event_id] = scan.model_copy(update={"use": self._take(scan)})
        return [verdicts[scan.event.event_id] for scan in scans]

    def _take(self, scan: JudgedScan) -> ScanUse:
        stage = scan.event.stage
        if stage is None:
            return scan.use
        if stage not in PARCEL_RANK:
            return self._take_side(stage)
        if stage is S.DELIVERED and not _may_sign(self._policy, scan.event.signer_kind):
            self.side = S.AWAITING_COLLECTION if scan.event.signer_kind is SignerKind.LOCKER else S.ON_HOLD
            self._held = True
            return ScanUse.SIGNER_SHORT
        if scan.event.event_id in self._one_hand:
            return ScanUse.SAME_PERSON
        self._take_main(stage, scan)
        return ScanUse.EFFECTIVE

    def _take_main(self, stage: ParcelStage, scan: JudgedScan) -> None:
        rank = PARCEL_RANK[stage]
        if rank > PARCEL_RANK[self._claimed]:
            self._claimed = stage
        if _counts(scan) and rank > PARCEL_RANK[self.stage]:
            self.stage = stage
        if self.side is not None and rank >= CLEARED_FROM_RANK.get(self.side, 999):
            self.side = S.RETURNING if self._returning else None
        if stage is S.ACCEPTED:
            self._cancelled = False
        if rank >= PARCEL_RANK[S.PICKED_UP]:
            self._held = True
        if stage is S.DELIVERED:
            self.signer_kind = scan.event.signer_kind

    def _take_side(self, stage: ParcelStage) -> ScanUse:
        if not self._may_follow(stage):
            return ScanUse.OUT_OF_PLACE
        if stage is S.CANCELLED:
            self._cancelled = True
            if self._held:  # never cancelled while in a courier's hands: it must come back instead
                return ScanUse.EFFECTIVE
        self.side = stage
        self._returning = stage is S.RETURNING or (self._returning and stage is not S.RETURNED)
        self.damaged = self.damaged or stage is S.DAMAGED
        if IMPLIED_RANK.get(stage, 0) >= PARCEL_RANK[S.PICKED_UP]:
            self._held = True
        if stage is S.RETURNED:
            self._held = False
        return ScanUse.EFFECTIVE

    def _may_follow(self, stage: ParcelStage) -> bool:
        if stage is S.CANCELLED:
            return self._claimed not in _DELIVERED and self.side not in (S.RETURNING, S.RETURNED)
        if self.side is None:
            return reachable(self._claimed, stage)
        if reachable(self.side, stage):
            return True
        if self.side is S.CANCELLED:  # a parcel that is physically somewhere is believed over a cancellation
            return IMPLIED_RANK.get(stage, 0) >= PARCEL_RANK[S.PICKED_UP]
        return self.side not in (S.RETURNING, S.RETURNED) and reachable(self._claimed, stage)


def _counts(scan: JudgedScan) -> bool:
    """Moves the main line: every stage but an arrival that nothing proves."""
    stage = scan.event.stage
    return stage in PARCEL_RANK and (stage is not S.ARRIVED_DOOR or scan.verified)


def _may_sign(policy: LegPolicy, signer: SignerKind | None) -> bool:
    """Who is not named is enough only where anybody but a locker is."""
    if signer is None:
        return policy.signers >= {SignerKind.SELF, SignerKind.AGENT, SignerKind.HALL}
    return signer in policy.signers


def _marks(effective: list[JudgedScan]) -> tuple[StageMark, ...]:
    reached: dict[tuple[int, ParcelStage], StageMark] = {}
    for scan in effective:
        stage = scan.event.stage
        if stage is not None and (stage is not S.ARRIVED_DOOR or scan.verified):
            reached.setdefault((scan.epoch, stage), StageMark(epoch=scan.epoch, stage=stage, at=scan.at))
    return tuple(mark for _, mark in sorted(reached.items(), key=lambda item: (item[0][0], str(item[0][1]))))


_OF_USE = {
    ScanUse.OUT_OF_PLACE: FindingKind.OUT_OF_PLACE,
    ScanUse.SIGNER_SHORT: FindingKind.SIGNER_SHORT,
    ScanUse.VOID_PENDING: FindingKind.VOID_PENDING,
    ScanUse.SAME_PERSON: FindingKind.SAME_PERSON,
}


def _findings(
    scans: list[JudgedScan], arrived: Milestone | None, picked_up: Milestone | None, return_required: bool
) -> list[Finding]:
    checked = {scan.epoch for scan in scans if scan.use is ScanUse.EFFECTIVE and scan.event.stage is S.HALL_CHECKED}
    found = [
        Finding(kind=_OF_USE[scan.use], event_id=scan.event.event_id)
        for scan in scans
        if scan.use in _OF_USE and not (scan.use is ScanUse.SAME_PERSON and scan.epoch in checked)
    ]
    found += [
        Finding(kind=FindingKind.CLOCK_SUSPECT, event_id=scan.event.event_id) for scan in scans if scan.clock_suspect
    ]
    if arrived is not None and not arrived.verified:
        found.append(Finding(kind=FindingKind.ARRIVAL_UNVERIFIED, event_id=arrived.event_id))
    if picked_up is not None and picked_up.inferred:
        found.append(Finding(kind=FindingKind.PICKUP_INFERRED, event_id=picked_up.event_id))
    if return_required:
        found.append(Finding(kind=FindingKind.RETURN_REQUIRED))
    return found

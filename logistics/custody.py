"""Who holds the papers, and are they all there (保管链与清单核对), courier.md §3 "Custody"."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from domain.model import Frozen
from domain.terms import MaterialForm, ParcelStage
from logistics.scans import JudgedScan, PaperLine


class FindingKind(StrEnum):
    """What a person should look at (异常)."""

    CUSTODY_GAP = "CUSTODY_GAP"  # handed over by one who did not hold it
    SEAL_CHANGED = "SEAL_CHANGED"
    PAPERS_DIFFER = "PAPERS_DIFFER"
    LABEL_WRONG = "LABEL_WRONG"  # scanned by a label that we have not printed
    PICKUP_INFERRED = "PICKUP_INFERRED"
    ARRIVAL_UNVERIFIED = "ARRIVAL_UNVERIFIED"
    CLOCK_SUSPECT = "CLOCK_SUSPECT"
    OUT_OF_PLACE = "OUT_OF_PLACE"
    SIGNER_SHORT = "SIGNER_SHORT"
    SAME_PERSON = "SAME_PERSON"  # given and taken by one login
    VOID_PENDING = "VOID_PENDING"
    RETURN_REQUIRED = "RETURN_REQUIRED"


CUSTODY_FINDINGS = frozenset(
    {FindingKind.CUSTODY_GAP, FindingKind.SEAL_CHANGED, FindingKind.PAPERS_DIFFER, FindingKind.LABEL_WRONG}
)
"""What a person must compare with the list before the parcel goes on."""


class Finding(Frozen):
    """One thing to look at; `event_id` None when it is about the parcel."""

    kind: FindingKind
    event_id: str | None = None


class PaperDifference(Frozen):
    """One line of the list that does not agree (清单差异): copies expected and found."""

    name: str
    form: MaterialForm
    expected: int
    found: int


def compare_papers(expected: Iterable[PaperLine], found: Iterable[PaperLine]) -> tuple[PaperDifference, ...]:
    """Lines that differ, by name and form; () when everything is there and nothing else."""
    want, have = _counts(expected), _counts(found)
    return tuple(
        PaperDifference(name=name, form=form, expected=want[name, form], found=have[name, form])
        for name, form in sorted(want.keys() | have.keys())
        if want[name, form] != have[name, form]
    )


def review(scans: Sequence[JudgedScan], papers: Sequence[PaperLine] | None) -> tuple[str | None, list[Finding]]:
    """(who holds the parcel now, findings) from effective scans in order.

    The holder is the receiving side of the last confirmed hand-over, else who scanned it last from the pickup on.
    """
    holder: str | None = None
    seal: str | None = None
    findings: list[Finding] = []
    for scan in scans:
        event, stage = scan.event, scan.event.stage
        if event.from_party is not None and holder is not None and event.from_party != holder:
            findings.append(Finding(kind=FindingKind.CUSTODY_GAP, event_id=event.event_id))
        if event.to_party is not None:
            holder = event.to_party
        elif stage in _TAKES_HOLD and event.actor is not None:
            holder = event.actor
        if event.seal_no is not None:
            if seal is not None and event.seal_no != seal:
                findings.append(Finding(kind=FindingKind.SEAL_CHANGED, event_id=event.event_id))
            seal = event.seal_no
        if event.label_wrong:
            findings.append(Finding(kind=FindingKind.LABEL_WRONG, event_id=event.event_id))
        if papers is not None and event.manifest is not None and compare_papers(papers, event.manifest):
            findings.append(Finding(kind=FindingKind.PAPERS_DIFFER, event_id=event.event_id))
    return holder, findings


_TAKES_HOLD = frozenset(
    {
        ParcelStage.PICKED_UP,
        ParcelStage.AT_OUTLET,
        ParcelStage.IN_TRANSIT,
        ParcelStage.AT_DEST_OUTLET,
        ParcelStage.OUT_FOR_DELIVERY,
        ParcelStage.AWAITING_COLLECTION,
    }
)


def _counts(lines: Iterable[PaperLine]) -> Counter[tuple[str, MaterialForm]]:
    counts: Counter[tuple[str, MaterialForm]] = Counter()
    for line in lines:
        counts[line.name, line.form] += line.count
    return counts

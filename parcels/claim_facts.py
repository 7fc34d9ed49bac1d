"""What scans and counts say of a parcel that somebody may claim for: since when it travels, what happened, what lacks.

Nothing here decides: it fills in the form that a person then sends.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from catalog.regions import find as find_region
from domain.claims import Bearer, ClaimKind, ClaimPaper, ReissueStatus
from domain.messages import LegOutcome
from domain.papers import PaperOrigin, SightingPlace
from domain.terms import PARCEL_RANK, MaterialForm, ParcelStage
from logistics.reissue import Reissue, reissue_of
from storage.cases.rows import HandlingRow
from storage.parcels.legs import LegRow
from storage.parcels.papers import PaperRow, PaperSightingRow

_S = ParcelStage
_HANDED_IN: Final = frozenset(
    {
        *(stage for stage, rank in PARCEL_RANK.items() if rank >= PARCEL_RANK[_S.PICKED_UP]),
        *(_S.DELIVERY_FAILED, _S.AWAITING_COLLECTION, _S.MISROUTED, _S.DAMAGED, _S.LOST, _S.RETURNING, _S.RETURNED),
    }
)
_SHOWN: Final = 4


def posted_at(leg: LegRow) -> datetime | None:
    """When the carrier took the parcel, as far as is known; None where it never did: there is nothing to claim."""
    said = leg.state.get("picked_up")
    if said is not None:
        return datetime.fromisoformat(said["at"] or said["not_after"])
    return leg.ordered_at if leg.stage in _HANDED_IN else None


def lacking(leg: LegRow, sightings: Iterable[PaperSightingRow]) -> dict[str, int]:
    """Paper number → pieces that the last count of this parcel did not find."""
    last = {one.paper_no: (one.said, found) for one, found in _counts(leg, sightings)}
    return {paper_no: said - found for paper_no, (said, found) in last.items() if found < said}


def _counts(leg: LegRow, sightings: Iterable[PaperSightingRow]) -> Iterator[tuple[PaperSightingRow, int]]:
    """Counts of this parcel that nobody has taken back, with the pieces that they found; in the order of `sightings`.

    A hand-over both sides have confirmed; of a scan the leg's state keeps what counts.
    """
    valid = {count["event_id"] for count in leg.state.get("counts", ())}
    for one in sightings:
        stands = one.place == SightingPlace.HAND_OVER or one.event_id in valid
        if one.leg_id == leg.leg_id and one.counted is not None and stands:
            yield one, one.counted


def likely_kind(leg: LegRow, sightings: Sequence[PaperSightingRow], now: datetime) -> ClaimKind | None:
    """What scans, counts and the calendar say has happened; None: nothing to claim for, as far as is known."""
    if posted_at(leg) is None:
        return None
    if leg.stage == _S.LOST or leg.outcome == LegOutcome.LOST:
        return ClaimKind.LOST
    if leg.stage == _S.DAMAGED or leg.state.get("damaged"):
        return ClaimKind.DAMAGED
    if lacking(leg, sightings):
        return ClaimKind.MISSING_CONTENT
    late = leg.ended_at is None and leg.deadline_at is not None and now > leg.deadline_at
    return ClaimKind.DELAYED if late else None


def facts_of(leg: LegRow, sightings: Iterable[PaperSightingRow]) -> list[dict[str, Any]]:
    """The last scans (`{what, stage, at}`) and every count that found less (`{what, name, said, counted, at}`)."""
    names = {line.get("paper_no"): line["name"] for line in leg.manifest}
    marks = [mark for mark in leg.state.get("marks", ()) if mark.get("at")]
    scans = [{"what": "scan", "stage": mark["stage"], "at": mark["at"]} for mark in marks[-_SHOWN:]]
    counts = [
        {"what": "count", "name": names[one.paper_no], "said": one.said, "counted": found, "at": one.at.isoformat()}
        for one, found in _counts(leg, sightings)
        if found < one.said and one.paper_no in names
    ]
    return [*scans, *counts]


def papers_in(leg: LegRow) -> dict[str, dict[str, Any]]:
    """Key → line of the parcel's list; the key is a passport's number, on an older list the name."""
    return {line.get("paper_no") or line["name"]: line for line in leg.manifest}


def claimed(
    leg: LegRow,
    keys: Iterable[str],
    *,
    lacks: dict[str, int],
    bearer: Bearer,
    papers: dict[str, PaperRow],
    handlings: dict[str, HandlingRow],
) -> tuple[ClaimPaper, ...]:
    """The papers of the parcel's list with these keys, each with who reissues it.

    `lacks`: as `lacking` has it. `papers`, `handlings`: of the case, by their numbers.
    """
    lines = papers_in(leg)
    return tuple(
        _paper(key, lines[key], lacks.get(key), bearer, _how(lines[key], papers.get(key), handlings))
        for key in dict.fromkeys(keys)
    )


def _paper(key: str, line: dict[str, Any], lacks: int | None, bearer: Bearer, how: Reissue) -> ClaimPaper:
    status = ReissueStatus.PLANNED if how.needed else ReissueStatus.NOT_NEEDED
    return ClaimPaper(
        key=key,
        name=line["name"],
        form=MaterialForm(line["form"]),
        count=lacks or line["count"],
        issuer=how.issuer,
        how=how.how,
        bearer=bearer,
        status=status,
    )


def _how(line: dict[str, Any], paper: PaperRow | None, handlings: dict[str, HandlingRow]) -> Reissue:
    """A result comes from the authority that made it; whatever else by its name."""
    if paper is not None and paper.origin == PaperOrigin.RESULT:
        handling = handlings.get(paper.handling_no or "")
        region = find_region(handling.region) if handling is not None else None
        return Reissue(f"{region.full_name}办理机关" if region else "办理地", "由办理地重新出具，大厅代为联系")
    return reissue_of(line["name"], MaterialForm(line["form"]))

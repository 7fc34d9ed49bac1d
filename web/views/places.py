"""Where an authority sits, in words, so that the lines of a joint case (多地联办) can be told apart."""

from collections.abc import Sequence

from catalog.regions import find as find_region
from storage.cases.rows import HandlingRow


def places_of(handlings: Sequence[HandlingRow]) -> dict[str, str]:
    """Handling number → region and role in Chinese; empty for a case of one authority, where nothing is mixed up.

    An authority that acts twice is told apart by the number of its step.
    """
    if len(handlings) < 2:
        return {}
    places = [_place(handling) for handling in handlings]
    twice = {place for place in places if places.count(place) > 1}
    return {
        handling.handling_no: f"{place}第{number}步" if place in twice else place
        for number, (handling, place) in enumerate(zip(handlings, places, strict=True), start=1)
    }


def _place(handling: HandlingRow) -> str:
    region = find_region(handling.region)
    name = region.full_name if region else handling.region
    return f"{name}（{handling.role}）" if handling.role else name

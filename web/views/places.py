"""Where an authority sits, in words, so that the lines of a joint case (多地联办) can be told apart."""

from collections.abc import Sequence

from catalog.regions import find as find_region
from storage.cases.rows import HandlingRow


def places_of(handlings: Sequence[HandlingRow]) -> dict[str, str]:
    """Handling number → region and role in Chinese; empty for a case of one authority, where nothing is mixed up."""
    if len(handlings) < 2:
        return {}
    return {handling.handling_no: _place(handling) for handling in handlings}


def _place(handling: HandlingRow) -> str:
    region = find_region(handling.region)
    name = region.full_name if region else handling.region
    return f"{name}（{handling.role}）" if handling.role else name

"""What officers usually write (文书模板): reasons and legal bases per event, as data; each may be changed by hand."""

import csv
import io
from functools import cache
from importlib import resources

from domain.model import Frozen
from domain.terms import WireEvent


class DecisionTemplate(Frozen):
    """One row of data/decision_templates.csv. Empty `service_type` and `item_code` fit every item.

    `name`: what it is chosen by. `reason`, `legal_basis`: what the fields are filled with.
    """

    event: WireEvent
    service_type: str
    item_code: str
    name: str
    reason: str
    legal_basis: str


@cache
def templates() -> tuple[DecisionTemplate, ...]:
    """All of them, in the file's order."""
    text = (resources.files("catalog") / "data" / "decision_templates.csv").read_text("utf-8")
    return tuple(DecisionTemplate.model_validate(row) for row in csv.DictReader(io.StringIO(text)))


def templates_for(event: WireEvent, item_code: str, service_type: str) -> tuple[DecisionTemplate, ...]:
    """Those of the narrowest kind that there is for an item: its own, else those of its type, else the general ones."""
    of_event = [each for each in templates() if each.event is event]
    own = tuple(each for each in of_event if item_code and each.item_code == item_code)
    of_type = tuple(each for each in of_event if not each.item_code and each.service_type == service_type)
    return own or of_type or tuple(each for each in of_event if not each.item_code and not each.service_type)

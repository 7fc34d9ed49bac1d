"""What a chosen situation makes of an item (情形选择): its materials and its fee."""

from decimal import Decimal

from catalog.forms.model import FormDefinition
from catalog.model import Material, Requirement, ServiceItem


def for_situation(item: ServiceItem, definition: FormDefinition, situation: str | None) -> ServiceItem:
    """The item as it is asked for in a situation: its materials only, what that needs as needed, its fee.

    Numbers of materials stay those of the whole list. Without a situation the item is as it was.
    """
    chosen = definition.situation(situation)
    if chosen is None:
        return item
    materials = tuple(_in(m, m.seq in chosen.needs) for m in item.materials if m.seq in chosen.materials)
    fee = item.fee_yuan if chosen.fee_fen is None else Decimal(chosen.fee_fen) / 100
    return item.model_copy(update={"materials": materials, "fee_yuan": fee})


def _in(material: Material, needed: bool) -> Material:
    free = material.required is Requirement.NO
    return material.model_copy(update={"required": Requirement.YES}) if needed and free else material

"""What is different between two forms (表单差异), place by place, for the one who imports a list."""

from catalog.forms.model import FormDefinition


def form_changes(old: FormDefinition | None, new: FormDefinition | None) -> list[tuple[str, str, str]]:
    """(place, old, new) as text; places are named by keys, from `form` on. A form that comes or goes is one line."""
    if old is None or new is None:
        return [] if old is new else [("form", _whole(old), _whole(new))]
    before, after = _flat(old), _flat(new)
    places = [*after, *(place for place in before if place not in after)]
    return [
        (place, before.get(place, ""), after.get(place, ""))
        for place in places
        if before.get(place, "") != after.get(place, "")
    ]


def _whole(definition: FormDefinition | None) -> str:
    return "通用表单" if definition is None else f"专用表单（{len(definition.fields)}个栏目）"


def _flat(definition: FormDefinition) -> dict[str, str]:
    found: dict[str, str] = {}
    _walk("form", definition.model_dump(mode="json", exclude_defaults=True), found)
    return found


def _walk(place: str, value: object, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, member in value.items():
            _walk(f"{place}.{key}", member, found)
    elif isinstance(value, list) and all(isinstance(member, dict) for member in value):
        names = [str(member.get("key") or member.get("title") or place) for member in value]
        found[place] = "、".join(names)  # their order is the layout
        for name, member in zip(names, value, strict=True):
            _walk(f"{place}.{name}", member, found)
    else:
        found[place] = "、".join(map(str, value)) if isinstance(value, list) else str(value)

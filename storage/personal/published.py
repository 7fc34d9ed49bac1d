"""The registry as a page for people: `python -m storage.personal.published > docs/personal-data.md`."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from storage.personal.registry import NONE, PART, Basis, Entries, Mask, Profile, registry
from storage.personal.retention import rules

_BASES: Final = {Basis.STATUTORY: "法定职责", Basis.CONSENT: "单独同意", Basis.SECURITY: "安全义务"}
_MASKS: Final = {
    Mask.NAME: "张三丰 → 张**",
    Mask.ID: "前六后四",
    Mask.PHONE: "前三后四",
    Mask.ADDRESS: "到道路",
    Mask.HIDDEN: "不显示",
    Mask.NONE: "显示",
}
_ROLES: Final = {
    "clerk": "窗口",
    "officer": "审批",
    "supervisor": "督办",
    "auditor": "审计",
    "operator": "运维",
    "security": "安全管理",
    "outlet": "网点",
    "courier": "投递员",
    "subject": "本人",
}
_HEAD: Final = """# Personal data (个人信息台账)
Made by `python -m storage.personal.published` from `storage/personal/registry.toml` and `retention.toml`; a test holds
that each column and each sealed field is judged there. Why: [decision 61](decisions/0061-personal-data-ends.md).

Clerk and officer means those of the case. L1 operational, L2 personal, L3 sensitive (个人信息保护法 28). Where no law
gives the number of days, the district decides and has to confirm it.
"""


def render() -> str:
    """The page as Markdown."""
    return "\n".join((_HEAD, *_kinds(), *_terms(), *_places("Tables", registry().tables), *_sealed())) + "\n"


def _kinds() -> Iterator[str]:
    yield "## Kinds\n\n| kind | class | what | purpose | basis | in clear for | else | kept |\n" + "| --- " * 8 + "|"
    for name, kind in registry().profiles.items():
        cells = (
            name,
            kind.class_,
            kind.what,
            kind.purpose,
            _BASES[kind.basis],
            _readers(kind),
            _MASKS[kind.mask],
            kind.kept,
        )
        yield f"| {' | '.join(cells)} |"


def _readers(kind: Profile) -> str:
    return "、".join(_ROLES[one] for one in kind.unmasked) or "无人"


def _terms() -> Iterator[str]:
    yield "\n## How long\n\n| rule | what | from | days | end | source | decided by |\n" + "| --- " * 7 + "|"
    for name, rule in rules().items():
        days = f"`{rule.days}`" if isinstance(rule.days, str) else str(rule.days)
        who = "区里决定" if rule.decided_by == "district" else "法律"
        yield f"| {name} | {rule.what} | {rule.from_} | {days} | {rule.ends} | {rule.source} | {who} |"


def _places(title: str, places: Mapping[str, Entries]) -> Iterator[str]:
    yield f"\n## {title}\n\n| where | personal | not personal |\n| --- | --- | --- |"
    for name, entries in sorted(places.items()):
        by_kind: dict[str, list[str]] = defaultdict(list)
        for field, kind in entries.fields.items():
            by_kind[kind].append(field)
        rest = " ".join(by_kind.pop(NONE, []))
        parts = by_kind.pop(PART, [])
        said = [f"{kind}: {' '.join(fields)}" for kind, fields in by_kind.items()]
        said += [f"parts: {' '.join(parts)}"] if parts else []
        yield f"| {name} | {'; '.join(said) or '–'} | {rest or '–'} |"


def _sealed() -> Iterator[str]:
    yield from _places("Sealed documents, field by field", registry().models)


if __name__ == "__main__":
    sys.stdout.write(render())

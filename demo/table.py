"""The table at the end."""

import unicodedata
from collections.abc import Iterable

from demo.play import Played

_HEAD = ("办件", "故事", "事项", "网络", "方式", "结果", "寄递段", "门前分钟(业务/承诺)", "实秒", "用时s", "")


def table(all_played: Iterable[Played], faults: dict[int, list[str]]) -> str:
    rows = [_HEAD, *(_row(played, faults[played.number]) for played in all_played)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(_padded(cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * sum(widths), *lines[1:]])


def _row(played: Played, wrong: list[str]) -> tuple[str, ...]:
    case = played.case
    handlings = case.get("handlings", [])
    return (
        played.case_no,
        played.story.title,
        str(case.get("itemName", played.story.item)),
        "+".join(dict.fromkeys(h["scheme"] for h in handlings)),
        "+".join(dict.fromkeys(h["mode"] for h in handlings)),
        str(case.get("status", "-")),
        ">".join(p["leg"] for p in case.get("parcels", [])) or "-",
        *_door_minutes(played),
        f"{played.seconds:.1f}",
        "OK" if not wrong else "FAIL",
    )


def _door_minutes(played: Played) -> tuple[str, str]:
    minutes, seconds = [], []
    for parcel in played.case.get("parcels", []):
        promise = parcel["promise"]
        if parcel["door"] and promise and promise.get("stopped_at"):
            minutes.append(f"{promise['adjusted_minutes']:.0f}/60 {promise['verdict']}")
            seconds.append(f"{promise['adjusted_minutes'] * 60 / parcel['timeScale']:.1f}")
    return " ".join(minutes) or "-", " ".join(seconds) or "-"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

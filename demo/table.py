"""The table at the end."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from demo.play import Played

_HEAD = (
    *("办件", "故事", "事项", "网络", "方式", "结果", "表单", "文件", "寄递段"),
    *("门前分钟(业务/承诺)", "实秒", "短信", "用时s", ""),
)
_OUTLET_HEAD = ("网点", "寄递段", "单数", "承诺", "按时", "有凭证", "平均分钟", "九成分钟")


def table(all_played: Iterable[Played], faults: dict[int, list[str]]) -> str:
    """One line per story."""
    return _drawn([_HEAD, *(_row(played, faults[played.number]) for played in all_played)])


def outlet_table(figures: dict[str, Any]) -> str:
    """`GET /outlets/report`: both door legs per outlet, and in all."""
    rows: list[tuple[str, ...]] = [_OUTLET_HEAD]
    for outlet in [*figures["outlets"], {"name": "合计", "legs": figures["legs"]}]:
        rows += [(outlet["name"], *_leg_figures(leg)) for leg in outlet["legs"]]
    return _drawn(rows)


def _leg_figures(leg: dict[str, Any]) -> tuple[str, ...]:
    minutes = (_figure(leg["meanMinutes"], "{:.0f}"), _figure(leg["p90Minutes"], "{:.0f}"))
    shares = (_figure(leg["keptShare"], "{:.0%}"), _figure(leg["verifiedShare"], "{:.0%}"))
    return leg["label"], str(leg["orders"]), str(leg["promised"]), *shares, *minutes


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _drawn(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
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
        f"{len(lines)}项" if (lines := (case.get("form") or {}).get("lines")) else "-",
        str(sum(m["sha256"] is not None for m in case.get("materials", []))),
        ">".join(p["leg"] for p in case.get("parcels", [])) or "-",
        *_door_minutes(played),
        _told(played),
        f"{played.seconds:.1f}",
        "OK" if not wrong else "FAIL",
    )


def _told(played: Played) -> str:
    """How many messages a phone has, of how many that the applicant was to be told."""
    came = sum(message["state"] in ("sent", "delivered") for message in played.messages)
    return f"{came}/{len(played.messages)}"


def _door_minutes(played: Played) -> tuple[str, str]:
    minutes, seconds = [], []
    for parcel in played.case.get("parcels", []):
        promise = parcel["promise"]
        if parcel["door"] and promise and not promise["promised"]:
            minutes.append(f"未承诺({promise['obstacle']})")
        elif parcel["door"] and promise and promise.get("stopped_at"):
            minutes.append(f"{promise['adjusted_minutes']:.0f}/{promise['terms']['minutes']} {promise['verdict']}")
            seconds.append(f"{promise['adjusted_minutes'] * 60 / parcel['timeScale']:.1f}")
    return " ".join(minutes) or "-", " ".join(seconds) or "-"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

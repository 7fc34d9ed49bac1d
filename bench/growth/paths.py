"""What people and programs look at: the paths that are asked in a small and in a large district."""

from datetime import timedelta
from typing import Final

from bench.growth.cases import NOW, closed_before, named, number
from storage.keyset import Mark
from web.foundation.paging import token_of

PERIOD: Final = "2026Q4"


def reads(count: int) -> dict[str, tuple[str, str | None]]:
    """Name → path and role of everything that people and programs look at, where there are `count` cases."""
    some, last = number(count // 2 + 1, count), number(count - 1, count)
    due = (NOW + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    cases = "/api/v1/cases"
    return {
        "work list": (cases, "clerk"),
        "work list, last page": (f"{cases}?page={min(count // 50, 10_000)}", "clerk"),
        "work list, deep by its mark": (f"{cases}?after={_deep(count)}", "clerk"),
        "work list, 200": (f"{cases}?size=200", "clerk"),
        "work list of a status": (f"{cases}?status=REVIEWING", "clerk"),
        "work list of the largest network": (f"{cases}?scheme=chuanyu", "clerk"),
        "work list of the smallest network": (f"{cases}?scheme=quanyu", "clerk"),
        "work list of a network and a status": (f"{cases}?scheme=quanyu&status=APPROVED", "clerk"),
        "work list of some statuses": (f"{cases}?statuses=FAILED&statuses=REVIEWING", "clerk"),
        "work list of a clerk": (f"{cases}?view=mine", "clerk"),
        "work list of a region": ("/cases?region=500112", "officer"),
        "work list, due": (f"{cases}?due={due}", "clerk"),
        "search a number": (f"{cases}?q={some}", "clerk"),
        "search a name": (f"{cases}?q=证明", "clerk"),
        "search in vain": (f"{cases}?q=没有这样的", "clerk"),
        "case": (f"{cases}/{last}", "clerk"),
        "case, history": (f"{cases}/{last}/events", "clerk"),
        "case page": (f"/window/{some}", "clerk"),
        "window": ("/window", "clerk"),
        "window, due today": ("/window?view=today", "clerk"),
        "officer": ("/officer", "officer"),
        "supervisor": ("/supervisor", "supervisor"),
        "cases behind a measure": ("/supervisor/measures/onTime?month=2026-11&part=no", "supervisor"),
        "cases that are late": ("/supervisor/cases?risk=late", "supervisor"),
        "quarter as the reply has it": (f"/supervisor/reports/{PERIOD}", "supervisor"),
        "measures": ("/api/v1/measures?month=2026-11", "supervisor"),
        "status page": ("/status", "operator"),
        "partner page": ("/partner", "supervisor"),
        "dashboard": ("/api/v1/dashboard", "supervisor"),
        "tasks": ("/api/v1/tasks", "clerk"),
        "tasks, due": ("/api/v1/tasks?order=due", "supervisor"),
        "handlings": ("/api/v1/handlings", "officer"),
        "handlings, the first five": ("/api/v1/handlings?size=5", "officer"),
        "deliveries": ("/api/v1/partners/sichuan/deliveries", "operator"),
        "stops of an outlet": ("/api/v1/outlets/jiefangbei/worklist", "courier"),
        "stops of an outlet, the first five": ("/api/v1/outlets/jiefangbei/worklist?size=5", "courier"),
        "what is in hand at a hall": ("/units/hall", "security"),
        "what is in hand at the post": ("/units/post", "security"),
        "search items": ("/api/v1/items?q=身份证", "clerk"),
        "metrics": ("/metrics", None),
    }


def _deep(count: int) -> str:
    """The mark of a page amid the closed cases, the largest segment."""
    token = token_of(Mark(segment=2, id=closed_before(count // 2, count)))
    assert token is not None
    return token


def searches(count: int) -> dict[str, str]:
    """What people type into the box, where there are `count` cases."""
    return {"a name": named(count // 2), "a number": number(count // 2 + 1, count), "nothing known": "王无此人"}


def pages(count: int) -> dict[str, tuple[str, str]]:
    """Pages whose painting is measured in a browser: name → path and role."""
    return {
        "work list": ("/cases", "clerk"),
        "case page": (f"/window/{number(count // 2 + 1, count)}", "clerk"),
        "supervisor": ("/supervisor", "supervisor"),
    }


REPORTS: Final = {
    "outlet report": ("/api/v1/outlets/report", "supervisor"),
    "quarter report": (f"/api/v1/reports/{PERIOD}?explain=false", "supervisor"),
    "quarter report, explained": (f"/api/v1/reports/{PERIOD}", "supervisor"),
    "quarter report, workbook": (f"/api/v1/reports/{PERIOD}?format=xlsx", "supervisor"),
}

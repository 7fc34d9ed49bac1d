"""The played card reader of a window (读卡器): cards of synthetic people whose region was never given out.

`PUT /control/reader` lays a certain card down, takes it away (`{"card": null}`), or lets the cards come by themselves.
"""

from itertools import count
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sandbox.engine import Engine

_NAMES = ("王秀兰", "李建国", "张敏", "陈静", "古丽米热·艾比布力", "周婷", "何军", "唐亮")
_ROADS = ("中山三路131号", "民权路28号", "邹容路68号", "民生路235号", "上清寺路9号")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Ordered(BaseModel):
    """What lies on the reader. `card` None: nothing; `own`: the next of the synthetic people with each reading."""

    model_config = ConfigDict(extra="forbid")

    card: dict[str, str] | None = None
    own: bool = False


def setup(engine: Engine) -> APIRouter:
    """The reader's one route, and the puppeteer's."""
    router = APIRouter()
    numbers = count(1)

    @router.get("/reader/v1/card")
    def card() -> Response:
        laid: dict[str, Any] | None = engine.store.get("reader", "laid")
        if laid is None:
            return JSONResponse(_person(next(numbers)))
        if laid["card"] is None:
            return JSONResponse({"code": "NO_CARD"}, 404)
        return JSONResponse(laid["card"])

    @router.put("/control/reader")
    def order(ordered: Ordered) -> dict[str, bool]:
        engine.store.put("reader", "laid", None if ordered.own else {"card": ordered.card})
        return {"laid": ordered.card is not None}

    return router


def _person(number: int) -> dict[str, str]:
    """The n-th card; the check digit is right (GB 11643)."""
    year, month, day = 1955 + number % 45, 1 + number % 12, 1 + number % 28
    body = f"500198{year}{month:02d}{day:02d}{number % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return {
        "name": _NAMES[number % len(_NAMES)],
        "idType": "居民身份证",
        "idNumber": body + "10X98765432"[total % 11],
        "birthDate": f"{year}-{month:02d}-{day:02d}",
        "address": f"重庆市渝中区{_ROADS[number % len(_ROADS)]}",
    }

"""Errors as `application/problem+json` (RFC 9457): a stable code, a sentence in Chinese, the field if there is one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from domain.errors import BadInput, Conflict, Misconfigured, NotFound, ServiceUnavailable
from domain.identifiers import IdentifierError

log = structlog.get_logger(__name__)

_TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的操作",
    409: "已被更新",
    410: "已删除",
    413: "内容过大",
    415: "类型不支持",
    422: "请检查填写的内容",
    429: "请稍后再试",
    503: "系统暂时不可用",
}


RETRY_AFTER_S: Final = 2


class Unauthenticated(BadInput):
    """Nobody is logged in, or name and password are not right: 401."""


class Forbidden(BadInput):
    """Logged in, but this role may not: 403."""


class Gone(BadInput):
    """Was here, and was taken away for good as the rules say: 410."""


class TooBusy(BadInput):
    """Nothing is wrong with the request; the caller comes again after `Retry-After` (`retry_after_s`): 429."""

    retry_after_s = RETRY_AFTER_S


class TooManyRequests(TooBusy):
    """One account asks more often than a person and his tools do (`RATE`)."""

    def __init__(self, wait_s: int) -> None:
        self.retry_after_s = wait_s
        super().__init__("请求过于频繁，请稍后再试", code="RATE")


class BodyTooLarge(HTTPException):
    """More than is taken here came in; raised while it is read, where the framework lets its own kind through: 413."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(413, sentence)
        self.code = code


class Unprocessable(BadInput):
    """Understood, but can't be done; the sentence says why and what would work: 422."""


class MaterialsMissing(Unprocessable):
    """Materials lack or do not do (一次性告知). `gaps`: a sentence each; `seqs`: their numbers in the item's list."""

    def __init__(self, gaps: tuple[str, ...], seqs: tuple[int, ...]) -> None:
        super().__init__(" ".join(gaps), code="MATERIALS_MISSING", field="materials")
        self.gaps = gaps
        self.seqs = seqs


class SameMatterFound(Conflict):
    """Others are about the same matter, and nobody has said why there is to be one more; `cases`: they, as JSON."""

    def __init__(self, sentence: str, *, code: str, field: str, cases: list[dict[str, Any]]) -> None:
        super().__init__(sentence, code=code, field=field)
        self.cases = cases


class Overtaken(Conflict):
    """Somebody else was first, and nothing is overwritten; who (`by`) did what, when (`at`, ISO 8601) and why."""

    def __init__(self, sentence: str, *, code: str, by: str, at: str | None, what: str, why: str | None) -> None:
        super().__init__(sentence, code=code)
        self.theirs = {"by": by, "at": at, "what": what, "why": why}


class ClockApart(Conflict):
    """What was signed says another time than ours; `server_time`: ours, ISO 8601, by which to sign again."""

    def __init__(self, sentence: str, now: datetime) -> None:
        super().__init__(sentence, code="DEVICE_CLOCK")
        self.server_time = now.isoformat()


class FieldsRefused(Unprocessable):
    """Several fields at once; `faults`: (field, sentence) of each."""

    def __init__(self, sentence: str, *, code: str, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__(sentence, code=code)
        self.faults = faults


_STATUS: tuple[tuple[type[BadInput], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Gone, 410),
    (TooBusy, 429),
    (Unprocessable, 422),
    (BadInput, 422),
)


def status_of(error: BadInput) -> int:
    """The status with which an error is answered; 422 where its kind says nothing else."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    cases: list[dict[str, Any]] | None = None,
    retry_after_s: int = RETRY_AFTER_S,
    theirs: dict[str, Any] | None = None,
    server_time: str | None = None,
) -> JSONResponse:
    """A refusal or fault as `application/problem+json`; `Retry-After` with 429 and 503.

    `detail`: a sentence in Chinese. `code`: for programs; `HTTP_{status}` if empty. `errors`: [{field, detail}].
    `cases`: others that the caller must know of. `theirs`: what somebody else has done meanwhile. `server_time`: ours,
    where the caller's is not.
    """
    body: dict[str, Any] = {"type": "about:blank", "title": _TITLES.get(status, "出错了"), "status": status}
    body |= {"detail": detail, "code": code or f"HTTP_{status}"}
    if errors:
        body["errors"] = errors
    if cases:
        body["cases"] = cases
    if theirs:
        body["theirs"] = theirs
    if server_time:
        body["serverTime"] = server_time
    headers = {"Retry-After": str(retry_after_s)} if status in (429, 503) else None
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of ours and of the framework answer as a problem.

    `BadInput` and its kinds by their own status (422 if nothing else is said), bad shapes 422 `INVALID`, the database
    away 503 `DATABASE`, a store or scanner away or set wrongly 503 under its code, anything else 500 `UNEXPECTED`,
    logged without values.
    """

    @app.exception_handler(BadInput)
    def _bad_input(_request: Request, error: BadInput) -> JSONResponse:
        status = status_of(error)
        errors = [{"field": error.field, "detail": error.sentence}] if error.field else None
        if isinstance(error, FieldsRefused):
            errors = [{"field": field, "detail": sentence} for field, sentence in error.faults]
        cases = error.cases if isinstance(error, SameMatterFound) else None
        theirs = error.theirs if isinstance(error, Overtaken) else None
        wait = error.retry_after_s if isinstance(error, TooBusy) else RETRY_AFTER_S
        ours = error.server_time if isinstance(error, ClockApart) else None
        more: dict[str, Any] = {"errors": errors, "cases": cases, "theirs": theirs, "server_time": ours}
        return problem(status, error.sentence, code=error.code, retry_after_s=wait, **more)

    @app.exception_handler(ServiceUnavailable)
    @app.exception_handler(Misconfigured)
    def _away(request: Request, error: ServiceUnavailable | Misconfigured) -> JSONResponse:
        log.error("service_unavailable", path=request.url.path, code=error.code)
        return problem(503, error.sentence, code=error.code)

    @app.exception_handler(IdentifierError)
    def _identifier(_request: Request, error: IdentifierError) -> JSONResponse:
        return problem(422, str(error), code="IDENTIFIER")

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"field": field, "detail": detail} for field, detail in faults_of(error.errors())]
        return problem(422, "有内容未填对，请按提示修改", code="INVALID", errors=errors)

    @app.exception_handler(BodyTooLarge)
    def _body_too_large(_request: Request, error: BodyTooLarge) -> JSONResponse:
        return problem(error.status_code, error.detail, code=error.code)

    @app.exception_handler(ClientDisconnect)
    def _gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
        return problem(400, "连接已断开", code="GONE")  # nobody is there to read it

    @app.exception_handler(HTTPException)
    def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, _TITLES.get(error.status_code, "出错了"))

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def _out_of_range(_request: Request, _error: Exception) -> JSONResponse:
        return problem(422, "有数字或文字超出了可以保存的范围", code="RANGE")

    @app.exception_handler(Exception)
    def _unexpected(request: Request, _error: Exception) -> JSONResponse:
        log.error("unexpected", path=request.url.path)  # the traceback is logged by the server, without values
        return problem(500, "系统出错了，已记录，请稍后再试", code="UNEXPECTED")

    @app.exception_handler(OperationalError)
    @app.exception_handler(NoConnection)
    def _database(request: Request, _error: Exception) -> JSONResponse:
        log.error("database_unavailable", path=request.url.path)
        return problem(503, "数据库暂时不可用，请稍后再试", code="DATABASE")


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What does not fit its shape, as (field, sentence); `errors`: pydantic's."""
    return [(_field(error["loc"]), _sentence(error)) for error in errors]


def _field(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc if part not in ("body", "query", "path"))


_SENTENCES = {
    "missing": "必填",
    "extra_forbidden": "不认识的字段",
    "string_too_long": "最多{max_length}个字，请缩短",
    "string_too_short": "至少{min_length}个字，请补充完整",
    "string_pattern_mismatch": "格式不对",
    "too_long": "最多{max_length}项",
    "too_short": "至少{min_length}项",
    "greater_than_equal": "不能小于{ge}",
    "less_than_equal": "不能大于{le}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "float_type": "应为数字",
    "bool_type": "应为是或否",
    "bool_parsing": "应为是或否",
    "string_type": "应为文字",
    "date_parsing": "应为日期，例如2026-11-23",
    "date_from_datetime_parsing": "应为日期，例如2026-11-23",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "json_invalid": "不是合法的 JSON",
}


def _sentence(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return _SENTENCES.get(kind, "填写的内容不对").format_map(error.get("ctx", {}))

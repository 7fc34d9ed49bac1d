"""Which device a request comes from, and what one that is not enrolled, or was stopped, may not (decision 63).

Nothing is cached: a device that is stopped is stopped for the next request, in every process.
"""

from datetime import datetime
from typing import Final

from fastapi import Request

from domain.devices import FRESH, may_use, places_of
from domain.terms import Role
from runtime.device_settings import only_enrolled
from storage.exchange.exchange_log import note_security_event
from storage.people.devices import EnrolledDeviceRow, bind, is_note_due, note_use
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.foundation.problems import ClockApart, Forbidden
from web.security.device_keys import is_signed, signed_text

DEVICE: Final = "Kuayu-Device"
TIME: Final = "Kuayu-Device-Time"
SIGNATURE: Final = "Kuayu-Device-Signature"

_FIELD: Final = (Role.OUTLET, Role.COURIER)
_TIME_LENGTH: Final = 32
_FREE: Final = frozenset(
    {"/scan", "/account", "/api/v1/devices:enrol", "/api/v1/scan/start", "/api/v1/scans:batch"}
)  # a batch says in its body which device it is of, and its route judges it
_FREE_BELOW: Final = ("/account/", "/api/v1/account/")


def needs_device(ctx: Context) -> bool:
    """Whether only enrolled devices may scan here."""
    return only_enrolled(ctx.settings.devices, played=ctx.settings.sandbox)


def on_a_device(request: Request, ctx: Context, person: LoggedIn) -> None:
    """A courier works on a device: where devices are enrolled, his session has to be on one, but for a few routes.

    Raises:
        Forbidden: it is on none (`DEVICE`).
    """
    if person.role is not Role.COURIER or person.device_id is not None or not needs_device(ctx):
        return
    path = request.url.path
    if path not in _FREE and not path.startswith(_FREE_BELOW):
        raise Forbidden("请先在登记过的设备上打开“扫描”页", code="DEVICE")


def signed_by_a_device(request: Request, ctx: Context, person: LoggedIn) -> None:
    """What gives away addresses is asked for by an enrolled device, where those of the post have one; each is judged.

    Raises:
        Forbidden, ClockApart: as `proven` and `used`.
    """
    device_id = request.headers.get(DEVICE)
    if device_id is not None:
        used(ctx, person, proven(request, ctx, device_id, b""))
    elif person.role in _FIELD and needs_device(ctx):
        raise unknown()


def scans_for(request: Request, ctx: Context, person: LoggedIn, device_id: str, body: bytes) -> bool:
    """Whether a batch comes from an enrolled device; False where nobody enrolled it and any may scan.

    Raises:
        Forbidden, ClockApart: as `proven` and `used`.
    """
    if not needs_device(ctx):
        with ctx.database.read() as session:
            if session.get(EnrolledDeviceRow, device_id) is None:
                return False
    used(ctx, person, proven(request, ctx, device_id, body))
    return True


def proven(request: Request, ctx: Context, device_id: str, body: bytes) -> EnrolledDeviceRow:
    """The live device that has signed this request.

    Raises:
        Forbidden: nobody has enrolled it (`DEVICE_UNKNOWN`), it was stopped (`DEVICE_REVOKED`), or this is not what it
            has signed (`DEVICE_SIGNATURE`).
        ClockApart: it was signed at another time than now (`DEVICE_CLOCK`).
    """
    with ctx.database.read() as session:
        device = session.get(EnrolledDeviceRow, device_id)
    if device is None:
        raise unknown()
    if device.revoked_at is not None:
        _tell(ctx, "DEVICE_REVOKED", device_id)
        raise Forbidden(
            "这台设备已停用。没有上传的扫描都留在设备上，没有丢失；请把设备交给所属网点，由网点重新登记后自动上传。",
            code="DEVICE_REVOKED",
        )
    check_signed(request, ctx, device_id, body, device.public_key)
    return device


def check_signed(request: Request, ctx: Context, device_id: str, body: bytes, public_key: bytes) -> None:
    """Whether the owner of this key has signed this request, just now.

    Raises:
        Forbidden: he has not (`DEVICE_SIGNATURE`).
        ClockApart: he has, or says so, at another time (`DEVICE_CLOCK`).
    """
    at = request.headers.get(TIME, "")[:_TIME_LENGTH]
    said = _moment(at)
    if said is not None and abs(said - ctx.now()) > FRESH:
        raise ClockApart("这台设备的时间与系统相差太多，正在校准，请稍后再试", ctx.now())
    text = signed_text(request.method, target_of(request), device_id, at, body)
    if said is None or not is_signed(public_key, request.headers.get(SIGNATURE, ""), text):
        _tell(ctx, "DEVICE_SIGNATURE", device_id)
        raise Forbidden(
            "没有这台设备的有效签名。扫描都留在本机；请重新打开“扫描”页，仍不行的请网点重新登记这台设备。",
            code="DEVICE_SIGNATURE",
        )


def used(ctx: Context, person: LoggedIn, device: EnrolledDeviceRow) -> None:
    """A login works on a device: its session ends with it from now on, and that it was seen is noted.

    Raises:
        Forbidden: the device is somebody else's (`DEVICE_OTHER`), or was stopped a moment ago (`DEVICE_REVOKED`).
    """
    if not may_use(person.username, places_of(person.role, person.reach), device.outlet_id, device.username):
        raise Forbidden(
            "这台设备登记给了别的网点或别的账号。扫描都留在本机；请换用自己的账号登录，或换用本网点的设备。",
            code="DEVICE_OTHER",
        )
    is_bound = person.device_id == device.device_id
    if is_bound and not is_note_due(device, person.username, ctx.now()):
        return
    with ctx.database.write_plainly() as session:  # being there is nobody's act: the audit trail is not told
        if not is_bound and not bind(session, device.device_id, person.login):
            raise Forbidden("这台设备刚刚停用", code="DEVICE_REVOKED")
        note_use(session, device.device_id, person.username, ctx.now())
    person.device_id = device.device_id


def unknown() -> Forbidden:
    """Nobody has enrolled this device (`DEVICE_UNKNOWN`)."""
    return Forbidden(
        "这台设备还没有登记。扫描都留在本机；请向网点负责人要登记码，在“更多 · 这台设备”里输入，登记后自动上传。",
        code="DEVICE_UNKNOWN",
    )


def target_of(request: Request) -> str:
    """Path and query of a request as they were sent."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _tell(ctx: Context, code: str, device_id: str) -> None:
    """Somebody else may be speaking for a device, or a thief with it: a security event, once an hour for each."""
    if ctx.login_tries.is_news(f"{code}/{device_id}"):
        with ctx.database.write_plainly() as session:
            note_security_event(session, "device", code, ctx.now(), detail=device_id)

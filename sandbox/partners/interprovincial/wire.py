"""Envelopes and packages as the gateway reads and writes them (contracts.md C "Envelope")."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sandbox.partners.interprovincial.xmltree import Node, Unsafe, read

CHINA = timezone(timedelta(hours=8))
INFORMATION_LIMIT = 2 * 1024 * 1024
ENVELOPE_LIMIT = 16 * 1024 * 1024
FILE_LIMIT = 30 * 1024 * 1024
FILE_OPERATIONS = ("PutFile", "GetFile")
OPERATIONS = (
    "Submit",
    "Supplement",
    "Withdraw",
    "Query",
    "Notify",
    "PutFile",
    "GetFile",
    "FetchNotices",
    "ConfirmNotices",
)


class Refused(Exception):
    """A code of the contract; `sealed` tells whether the answer has head and seal."""

    def __init__(self, code: int, msg: str = "", *, sealed: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.msg = msg
        self.sealed = sealed


class NoEnvelope(Exception):
    """HTTP 500 with a SOAP Fault."""


@dataclass(frozen=True)
class Letter:
    """One call as it stands in the envelope."""

    operation: str
    registration_code: str
    information: bytes
    seal: str


@dataclass(frozen=True)
class Head:
    """PACKAGEHEAD, as it came."""

    fsdw: str
    jsdw: str
    ywxtbh: str
    fssj: str


def open_envelope(raw: bytes) -> Letter:
    """Raises NoEnvelope, and Refused −60 or −61 for what lies inside `information`."""
    operation = _call_of(raw)
    if len(raw) > (FILE_LIMIT if operation.name in FILE_OPERATIONS else ENVELOPE_LIMIT):
        raise Refused(-61, "envelope", sealed=False)
    inside = {name: _plain(operation, name) for name in ("sqzcm", "information", "seal")}
    node = operation.all("information")[0]
    information = inside["information"].encode()
    if operation.name not in FILE_OPERATIONS and len(information) > INFORMATION_LIMIT:
        raise Refused(-61, "information", sealed=False)
    # The parser turns a raw CR into LF, so only the bytes on the wire show it.
    if b"\r" in raw[node.begin : node.end]:
        raise Refused(-60, "CR", sealed=False)
    return Letter(operation.name, inside["sqzcm"], information, inside["seal"])


def _call_of(raw: bytes) -> Node:
    try:
        root = read(raw, strict=False)
    except Unsafe as unsafe:
        raise NoEnvelope from unsafe
    bodies = root.all("Body")
    if root.name != "Envelope" or len(bodies) != 1 or len(bodies[0].children) != 1:
        raise NoEnvelope
    operation = bodies[0].children[0]
    if operation.name not in OPERATIONS:
        raise NoEnvelope
    return operation


def operation_of(start: bytes) -> str | None:
    """The operation of an envelope that is too large to be read."""
    names = re.findall(rb"<(?:[A-Za-z0-9_.-]+:)?([A-Za-z]+)[\s>]", start[:4096])
    return next((name.decode() for name in names if name.decode() in OPERATIONS), None)


def _plain(operation: Node, name: str) -> str:
    found = operation.all(name)
    if len(found) != 1 or found[0].children or found[0].strange:
        raise NoEnvelope
    return found[0].text


def read_package(information: bytes) -> Node:
    """The tree, once it is safe. Raises Refused −60, unsealed."""
    try:
        root = read(information, strict=True)
    except Unsafe as unsafe:
        raise Refused(-60, str(unsafe), sealed=False) from None
    if root.name != "PACKAGE":
        raise Refused(-60, "PACKAGE", sealed=False)
    return root


def read_head(root: Node) -> Head:
    """PACKAGEHEAD alone. A missing YWXTBH is left to −901. Raises Refused −60, unsealed."""
    heads = root.all("PACKAGEHEAD")
    if len(heads) != 1:
        raise Refused(-60, "PACKAGEHEAD", sealed=False)
    words = {}
    for name in ("BBH", "FSDW", "JSDW", "YWFLDM", "YWXTBH", "FSSJ"):
        found = heads[0].all(name)
        if len(found) > 1 or (not found and name != "YWXTBH") or any(one.children for one in found):
            raise Refused(-60, name, sealed=False)
        words[name] = found[0].text if found else ""
    units = [words["FSDW"], words["JSDW"]]
    if words["BBH"] != "1.0" or words["YWFLDM"] != "KSTB" or not all(re.fullmatch("[0-9]{12}", u) for u in units):
        raise Refused(-60, "PACKAGEHEAD", sealed=False)
    if moment(words["FSSJ"]) is None:
        raise Refused(-60, "FSSJ", sealed=False)
    return Head(words["FSDW"], words["JSDW"], words["YWXTBH"], words["FSSJ"])


def read_records(root: Node) -> list[Node]:
    datas = root.all("DATA")
    if len(datas) != 1:
        raise Refused(-60, "DATA")
    return datas[0].all("RECORD")


def data_bytes(information: bytes) -> bytes:
    """From `<DATA` to the end: what is compared for "the same content"."""
    place = information.find(b"<DATA")
    if place < 0:
        raise Refused(-60, "DATA")
    return information[place:]


def moment(text: str) -> datetime | None:
    """A time of the wire, None out of form."""
    if not re.fullmatch(r"[0-9]{14}", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None


def now_text() -> str:
    return datetime.now(CHINA).strftime("%Y%m%d%H%M%S")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def leaf(name: str, text: str) -> str:
    return f"<{name}>{escaped(text)}</{name}>"


def record(place: int, sid: str, code: int, msg: str, inner: str) -> str:
    return f'<RECORD no="{place}" sid="{escaped(sid)}" code="{code}" msg="{escaped(msg)}">{inner}</RECORD>'


def package(head: Head | None, records: str) -> bytes:
    """An answer's information; without a head where it is unsealed."""
    fields = head or Head("", "", "", "")
    return (
        f"<PACKAGE><PACKAGEHEAD><BBH>1.0</BBH><FSDW>{fields.fsdw}</FSDW><JSDW>{fields.jsdw}</JSDW>"
        f"<YWFLDM>KSTB</YWFLDM><YWXTBH>{escaped(fields.ywxtbh)}</YWXTBH><FSSJ>{fields.fssj}</FSSJ></PACKAGEHEAD>"
        f"<DATA>{records}</DATA></PACKAGE>"
    ).encode()


def write_envelope(operation: str, information: bytes, seal: str) -> bytes:
    """In CDATA where that is possible: the other of the two ways in which text may come."""
    if b"]]>" in information:
        text = information.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    else:
        text = b"<![CDATA[" + information + b"]]>"
    return b"".join(
        [
            b'<?xml version="1.0" encoding="UTF-8"?>\n',
            b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>',
            f'<k:{operation}Response xmlns:k="urn:kstb"><k:information>'.encode(),
            text,
            f"</k:information><k:seal>{seal}</k:seal></k:{operation}Response></soap:Body></soap:Envelope>".encode(),
        ]
    )


FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Client</faultcode><faultstring>unreadable envelope</faultstring>"
    b"</s:Fault></s:Body></s:Envelope>"
)

"""The SOAP envelope and the PACKAGE inside it: built and read, without knowing what a RECORD means.

contracts.md C "Envelope". The seal covers the text of `information` byte for byte, so what is compared and
sealed is always text, never a re-serialised tree.
"""

import re
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from domain.model import Frozen
from partners.interprovincial.safe_xml import (
    UnsafeXml,
    children,
    local_name,
    parse_envelope,
    parse_information,
    tags,
)
from partners.standards import CHINA

INFORMATION_MAX: Final = 2 * 1024 * 1024
FILE_ENVELOPE_MAX: Final = 30 * 1024 * 1024

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNIT = re.compile(r"[0-9]{12}")


class Head(Frozen):
    """PACKAGEHEAD: who speaks to whom (12-digit regions), about which coordination number, when (FSSJ)."""

    fsdw: str
    jsdw: str
    ywxtbh: str
    fssj: str

    def render(self) -> str:
        """The element PACKAGEHEAD as text, its values as they are: none of them needs escaping."""
        return (
            f"<PACKAGEHEAD><BBH>1.0</BBH><FSDW>{self.fsdw}</FSDW><JSDW>{self.jsdw}</JSDW><YWFLDM>KSTB</YWFLDM>"
            f"<YWXTBH>{self.ywxtbh}</YWXTBH><FSSJ>{self.fssj}</FSSJ></PACKAGEHEAD>"
        )


class Sealed(Frozen):
    """The children of an operation's element, as text; `seal` is "" when there is none."""

    operation: str
    information: str
    seal: str


def stamp(moment: datetime) -> str:
    """A time in the wire's form, yyyyMMddHHmmss in Asia/Shanghai."""
    return moment.astimezone(CHINA).strftime("%Y%m%d%H%M%S")


def read_stamp(text: str) -> datetime:
    """The moment of a yyyyMMddHHmmss, aware. Raises UnsafeXml: a field out of form."""
    if not re.fullmatch(r"[0-9]{14}", text):
        raise UnsafeXml("time out of form")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        raise UnsafeXml("time does not exist") from None


def element(name: str, text: str) -> str:
    """One leaf. Line ends become LF and characters that XML cannot carry a blank: the wire has no CR."""
    plain = _NOT_XML.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return f"<{name}>{escape(plain)}</{name}>"


def data_part(records: list[str]) -> bytes:
    """The bytes from `<DATA` to the end of `information`: rendered once, and what the partner compares."""
    numbered = (f'<RECORD no="{n}" sid="{n}">{inner}</RECORD>' for n, inner in enumerate(records, 1))
    return f"<DATA>{''.join(numbered)}</DATA></PACKAGE>".encode()


def information(head: Head, data: bytes) -> bytes:
    """The text that a seal covers: the head of this attempt before the stored part."""
    return f"<PACKAGE>{head.render()}".encode() + data


def envelope(operation: str, registration_code: str, body: bytes, seal: str) -> bytes:
    """The SOAP 1.1 envelope as bytes; `body` is the bytes of `information`, escaped here as text."""
    escaped = body.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return b"".join(
        [
            f'<s:Envelope xmlns:s="{_SOAP}"><s:Body><{operation} xmlns="urn:kstb">'.encode(),
            f"<sqzcm>{escape(registration_code)}</sqzcm><information>".encode(),
            escaped,
            f"</information><seal>{seal}</seal></{operation}></s:Body></s:Envelope>".encode(),
        ]
    )


def read_envelope(raw: bytes) -> Sealed | None:
    """What the Body holds; None for a SOAP Fault. Elements are read by local name. Raises UnsafeXml."""
    root = parse_envelope(raw)
    bodies = children(root, "Body")
    if local_name(root) != "Envelope" or len(bodies) != 1:
        raise UnsafeXml("not a SOAP envelope")
    operations = [child for child in bodies[0] if isinstance(child.tag, str)]
    if len(operations) != 1:
        raise UnsafeXml("not exactly one operation")
    if local_name(operations[0]) == "Fault":
        return None
    return Sealed(
        operation=local_name(operations[0]),
        information=_only_text(operations[0], "information"),
        seal=_only_text(operations[0], "seal", optional=True),
    )


def _only_text(parent: etree._Element, name: str, *, optional: bool = False) -> str:
    found = children(parent, name)
    if not found and optional:
        return ""
    if len(found) != 1:
        raise UnsafeXml(f"{name} missing or repeated")
    if len(found[0]):
        raise UnsafeXml(f"{name} is not plain text")
    return found[0].text or ""


def leaf(parent: etree._Element, name: str) -> str | None:
    """Text of the one child of that name, None when absent. Raises UnsafeXml when repeated or not plain."""
    found = children(parent, name)
    if not found:
        return None
    return _only_text(parent, name)


class Package(Frozen):
    """A parsed `information`: the head, the RECORDs, and each RECORD's inner text as it came (`contents`)."""

    model_config = {**Frozen.model_config, "arbitrary_types_allowed": True}

    head: Head
    records: tuple[etree._Element, ...]
    contents: tuple[bytes, ...]


def read_head(root: etree._Element) -> Head:
    """PACKAGEHEAD alone; every field exactly once. Raises UnsafeXml."""
    heads = children(root, "PACKAGEHEAD")
    if local_name(root) != "PACKAGE" or len(heads) != 1:
        raise UnsafeXml("not exactly one PACKAGEHEAD")
    field = {name: leaf(heads[0], name) for name in ("BBH", "FSDW", "JSDW", "YWFLDM", "YWXTBH", "FSSJ")}
    if field["BBH"] != "1.0" or field["YWFLDM"] != "KSTB":
        raise UnsafeXml("BBH or YWFLDM is not ours")
    fsdw, jsdw = field["FSDW"] or "", field["JSDW"] or ""
    if not _UNIT.fullmatch(fsdw) or not _UNIT.fullmatch(jsdw):
        raise UnsafeXml("FSDW or JSDW out of form")
    return Head(fsdw=fsdw, jsdw=jsdw, ywxtbh=field["YWXTBH"] or "", fssj=field["FSSJ"] or "")


def read_root(text: str) -> etree._Element:
    """The tree of an `information` that has passed the raw checks. Raises UnsafeXml."""
    return parse_information(text)


def read_package(text: str, root: etree._Element) -> Package:
    """The RECORDs of a package whose seal has been checked. Raises UnsafeXml."""
    datas = children(root, "DATA")
    if len(datas) != 1:
        raise UnsafeXml("not exactly one DATA")
    records = tuple(children(datas[0], "RECORD"))
    contents = tuple(record_contents(text))
    if len(contents) != len(records):
        raise UnsafeXml("RECORDs can't be told apart")
    return Package(head=read_head(root), records=records, contents=contents)


def record_contents(text: str) -> list[bytes]:
    """Inner text of every RECORD under DATA as it came, for the byte by byte comparison of notices."""
    found: list[bytes] = []
    in_data, begun = False, 0
    for tag in tags(text):
        if tag.depth == 2:
            in_data = tag.name == "DATA" and not tag.closing
        elif tag.depth == 3 and in_data and tag.name == "RECORD":
            if tag.closing or tag.empty:
                found.append(b"" if tag.empty else text[begun : tag.start].encode())
            else:
                begun = tag.end
    return found

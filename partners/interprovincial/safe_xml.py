"""XML that can be trusted to be small, flat and free of tricks before a parser touches it.

Sources: contracts.md C "Envelope", reliability.md F24 and §5 lines 41–45. lxml silently returns nothing for an
external entity, so everything that could declare one is refused on the raw text.
"""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

MAX_DEPTH: Final = 16
MAX_ATTRIBUTES: Final = 64

# Possessive, so that a hostile text costs one pass and no backtracking.
_TAG: Final = re.compile(r"""<(/?)([^\s<>/"'=!?]++)((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_ATTRIBUTE: Final = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_CR_REFERENCE: Final = re.compile(r"&#0*13;|&#[xX]0*[dD];")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


class UnsafeXml(ValueError):
    """Text that will not be parsed; the reason names a rule and repeats nothing of the text."""


class Tag:
    """One start or end tag: local name, first and past-the-last character, depth (outermost element: 1)."""

    __slots__ = ("closing", "depth", "empty", "end", "name", "start")

    def __init__(self, name: str, start: int, end: int, depth: int, *, closing: bool, empty: bool) -> None:
        self.name, self.start, self.end, self.depth = name, start, end, depth
        self.closing, self.empty = closing, empty


def tags(text: str, *, lenient: bool = False) -> Iterator[Tag]:
    """Every tag with its depth (the outermost element has depth 1), checked while walking.

    `lenient` is for an envelope: an XML declaration, comments and processing instructions are skipped.
    Raises UnsafeXml for a DOCTYPE, CDATA without end, depth > 16, more than 64 attributes, and (not lenient)
    for a comment, a processing instruction or a reference to CR.
    """
    depth, position = 0, 0
    while (start := text.find("<", position)) >= 0:
        if not lenient and _CR_REFERENCE.search(text, position, start):
            raise UnsafeXml("reference to CR")
        if text.startswith(_CDATA, start):
            position = _after(text, _CDATA_END, start)
        elif text.startswith("<!--", start) or text.startswith("<?", start):
            if not lenient:
                raise UnsafeXml("comment or processing instruction")
            position = _after(text, "-->" if text[start + 1] == "!" else "?>", start)
        else:
            tag = _read_tag(text, start, depth)
            depth = tag.depth - 1 if tag.closing or tag.empty else tag.depth
            position = tag.end
            yield tag
    if not lenient and _CR_REFERENCE.search(text, position):
        raise UnsafeXml("reference to CR")


def _after(text: str, end: str, start: int) -> int:
    found = text.find(end, start)
    if found < 0:
        raise UnsafeXml("section without end")
    return found + len(end)


def _read_tag(text: str, start: int, depth: int) -> Tag:
    match = _TAG.match(text, start)
    if match is None:
        raise UnsafeXml("DOCTYPE or broken tag")
    closing, name, inside = bool(match[1]), match[2].rpartition(":")[2], match[3]
    depth = depth if closing else depth + 1
    if depth > MAX_DEPTH:
        raise UnsafeXml("too deep")
    if not closing and len(_ATTRIBUTE.findall(inside)) > MAX_ATTRIBUTES:
        raise UnsafeXml("too many attributes")
    if not closing and _CR_REFERENCE.search(inside):
        raise UnsafeXml("reference to CR")
    return Tag(name, start, match.end(), depth, closing=closing, empty=not closing and inside.endswith("/"))


def parse_information(text: str) -> etree._Element:
    """Parse the text of `information` after checking it. Raises UnsafeXml."""
    if text.startswith("\ufeff") or "\r" in text or "\0" in text:
        raise UnsafeXml("byte order mark, CR or NUL")
    for _ in tags(text):
        pass
    return _parse(text.encode("utf-8"))


def parse_envelope(raw: bytes) -> etree._Element:
    """Parse a SOAP envelope: UTF-8 without BOM, no DOCTYPE. Raises UnsafeXml."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnsafeXml("not UTF-8") from None
    if text.startswith("\ufeff"):
        raise UnsafeXml("byte order mark")
    declaration = re.match(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""", text)
    if declaration and declaration[1].lower() not in {"utf-8", "utf8"}:
        raise UnsafeXml("encoding other than UTF-8")
    begun = 0
    for tag in tags(text, lenient=True):
        # The parser turns a raw CR into LF, so only the text on the wire shows it.
        if tag.name == "information" and tag.closing and "\r" in text[begun : tag.start]:
            raise UnsafeXml("CR in information")
        begun = tag.end
    return _parse(raw)


def _parse(raw: bytes) -> etree._Element:
    # huge_tree lifts lxml's 10 MB per text node, which a file exceeds; size, depth, attributes and entities
    # have been bounded above, and a DOCTYPE, without which there is no entity to expand, never comes here.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=False)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise UnsafeXml("not well-formed") from None


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace; "" for what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Child elements of that local name."""
    return [child for child in element if local_name(child) == name]

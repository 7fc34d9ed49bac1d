"""A small XML reader on expat that knows what the contract allows; nothing is expanded, nothing is fetched."""

from typing import Any, NoReturn
from xml.parsers import expat

DEPTH = 16
ATTRIBUTES = 64


class Unsafe(Exception):
    """Not XML as the contract allows it."""


class Node:
    """An element by its local name. `begin` and `end` are byte offsets of its inside."""

    def __init__(self, name: str, attributes: dict[str, str], begin: int) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.pieces: list[str] = []
        self.strange = False
        self.begin = begin
        self.end = begin

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def all(self, name: str) -> "list[Node]":
        return [child for child in self.children if child.name == name]


class _Reader:
    def __init__(self, raw: bytes, *, strict: bool) -> None:
        self.raw = raw
        self.strict = strict
        self.open: list[Node] = []
        self.root: Node | None = None
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.close
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.never
        self.parser.CommentHandler = self.strange
        self.parser.ProcessingInstructionHandler = self.strange
        self.parser.XmlDeclHandler = self.declaration

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= DEPTH or len(attributes) > ATTRIBUTES:
            raise Unsafe("depth or attributes")
        if self.strict and any("\r" in value for value in attributes.values()):
            raise Unsafe("CR")
        node = Node(name.split(":")[-1], attributes, self._after_tag())
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def _after_tag(self) -> int:
        """Past the tag's own `>`, which may also stand in a quoted attribute value."""
        place, quote = self.parser.CurrentByteIndex, 0
        while True:
            char = self.raw[place]
            place += 1
            if quote:
                quote = 0 if char == quote else quote
            elif char in (0x22, 0x27):
                quote = char
            elif char == 0x3E:
                return place

    def close(self, _name: str) -> None:
        node = self.open.pop()
        node.end = max(node.begin, self.parser.CurrentByteIndex)

    def characters(self, text: str) -> None:
        if self.strict and "\r" in text:
            raise Unsafe("CR")
        self.open[-1].pieces.append(text)

    def strange(self, *_: Any) -> None:
        if self.strict:
            raise Unsafe("comment or processing instruction")
        if self.open:
            self.open[-1].strange = True

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if self.strict or (encoding or "utf-8").lower() != "utf-8":
            raise Unsafe("declaration")

    def never(self, *_: Any) -> NoReturn:
        raise Unsafe("DOCTYPE")


def read(raw: bytes, *, strict: bool) -> Node:
    """The root. `strict` is for `information`: no declaration, comment, instruction, CR. Raises Unsafe."""
    if raw.startswith(b"\xef\xbb\xbf") or (strict and b"\r" in raw):
        raise Unsafe("byte order mark or CR")
    reader = _Reader(raw, strict=strict)
    try:
        raw.decode("utf-8")
        reader.parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeDecodeError):
        raise Unsafe("not well-formed") from None
    if reader.root is None:
        raise Unsafe("empty")
    return reader.root

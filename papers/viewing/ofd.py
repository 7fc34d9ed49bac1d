"""OFD (GB/T 33190) as far as it is shown here: the pages of the first document, with their texts, pictures and lines.

An OFD is a ZIP of XML files. Not drawn: seals and signatures, fonts of its own, composite units; `note` says so.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from papers.viewing.faults import no_such_page, unreadable
from papers.viewing.ofd_svg import Canvas, numbers

_MOST_FILES = 5_000
_MOST_BYTES = 60 * 1024 * 1024
_LOOKED_AT = 20
_A4_MM = "0 0 210 297"
_SEALED = "文件带有电子印章或签名，这里不显示也不验证，请下载后用 OFD 阅读器查验。"
_PARTLY = "个别图形这里不能显示，请以下载的原件为准。"


class _Faulty(Exception):
    """The file is not what the standard says."""


@dataclass
class OfdDocument:
    """The first document of an OFD. `pages`: paths of its pages within the ZIP, in their order."""

    archive: zipfile.ZipFile
    root: str
    sealed: bool
    pages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        places = _find(self._document, "Pages/Page")
        self.pages = [_at(self.root, place.get("BaseLoc", "")) for place in places]
        if not self.pages:
            raise _Faulty

    @property
    def note(self) -> str:
        """What is not shown of it, or ""; of very many pages the first ones are looked at."""
        first = range(1, min(len(self.pages), _LOOKED_AT) + 1)
        partly = any(self._canvas(number).left_out for number in first)
        return (_SEALED if self.sealed else "") + (_PARTLY if partly else "")

    def drawn(self, number: int) -> bytes:
        """Page `number`, from 1, as SVG. Raises NotFound (`PAGE_UNKNOWN`)."""
        return self._canvas(number).svg()

    def _canvas(self, number: int) -> Canvas:
        if not 1 <= number <= len(self.pages):
            raise no_such_page()
        path = self.pages[number - 1]
        page = self._xml(path)
        box = _text(page, "Area/PhysicalBox") or _text(self._document, "CommonData/PageArea/PhysicalBox") or _A4_MM
        canvas = Canvas(numbers(box), self._images, self._fonts)
        templates = {
            each.get("ID"): each.get("BaseLoc", "") for each in _find(self._document, "CommonData/TemplatePage")
        }
        for used in _find(page, "Template"):
            place = templates.get(used.get("TemplateID"))
            if place:
                self._draw(canvas, self._xml(_at(self.root, place)))
        self._draw(canvas, page)
        return canvas

    def _draw(self, canvas: Canvas, page: etree._Element) -> None:
        for layer in _find(page, "Content/Layer"):
            canvas.draw(layer)

    @cached_property
    def _document(self) -> etree._Element:
        return self._xml(self.root)

    @cached_property
    def _resources(self) -> list[tuple[str, etree._Element]]:
        """Each file of resources with the folder that its own paths are relative to."""
        names = [
            each.text.strip()
            for kind in ("PublicRes", "DocumentRes")
            for each in _find(self._document, f"CommonData/{kind}")
            if each.text
        ]
        found = []
        for name in names:
            path = _at(self.root, name)
            resources = self._xml(path)
            found.append((_at(path, (resources.get("BaseLoc") or ".") + "/"), resources))
        return found

    @cached_property
    def _images(self) -> dict[str, bytes]:
        return {
            media.get("ID", ""): self._read(posixpath.normpath(posixpath.join(folder, file)))
            for folder, resources in self._resources
            for media in _find(resources, "MultiMedias/MultiMedia")
            if (file := _text(media, "MediaFile"))
        }

    @cached_property
    def _fonts(self) -> dict[str, str]:
        return {
            font.get("ID", ""): font.get("FamilyName") or font.get("FontName") or ""
            for _, resources in self._resources
            for font in _find(resources, "Fonts/Font")
        }

    def _xml(self, path: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(self._read(path), parser)

    def _read(self, path: str) -> bytes:
        return self.archive.read(path.lstrip("/"))


@contextmanager
def opened(data: bytes) -> Iterator[OfdDocument]:
    """An OFD, for as long as the block lasts.

    Raises:
        BadInput: it is none, or larger unpacked than any that people hand in (`DOCUMENT_UNREADABLE`).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise _Faulty
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            body = _find(etree.fromstring(archive.read("OFD.xml"), parser), "DocBody")[0]
            root = _text(body, "DocRoot")
            if root is None:
                raise _Faulty
            yield OfdDocument(archive, root.lstrip("/"), sealed=bool(_find(body, "Signatures")))
    except (_Faulty, zipfile.BadZipFile, etree.LxmlError, KeyError, IndexError, ValueError, RuntimeError) as fault:
        raise unreadable() from fault


def _find(element: etree._Element, path: str) -> list[etree._Element]:
    """Children by their path, whatever the version of the namespace."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    found = element.xpath(steps)
    return [each for each in found if isinstance(each, etree._Element)] if isinstance(found, list) else []


def _text(element: etree._Element, path: str) -> str | None:
    found = _find(element, path)
    return found[0].text.strip() if found and found[0].text else None


def _at(file: str, path: str) -> str:
    """A path as it is written in `file`; from the root where it begins with a slash."""
    return path if path.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(file), path))

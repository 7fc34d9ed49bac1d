"""The shell of the scanning tool: which files it needs to open without a network, and the build that they make."""

import hashlib
import json
import re
from functools import lru_cache
from importlib import resources
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

from domain.model import Frozen

PAGE: Final = "/scan/shell"
_STATIC: Final = Path(str(resources.files("web"))) / "static"
_ENTRY: Final = "js/scan/app.js"
_WORKER: Final = "js/scan/worker.js"
_BESIDE: Final = (
    *(f"css/{sheet}.css" for sheet in ("tokens", "base", "parts", "scan", "scanflow", "districtmap")),
    *("icon.svg", "scan.webmanifest", "scan-192.png", "scan-512.png", "vendor/zxing-wasm/zxing_reader.wasm"),
)
_TEMPLATE: Final = Path(str(resources.files("web"))) / "templates/courier/scan.html"
_IMPORTED: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*"(\.{1,2}/[^"]+)\"""")


class Shell(Frozen):
    """`build`: hexadecimal, another one when any of the files is another. `files`: their addresses, in order."""

    build: str
    files: tuple[str, ...]


@lru_cache(maxsize=1)
def shell() -> Shell:
    """The shell as shipped; what its first module imports, and what those import, belongs to it."""
    names = sorted({*_imports(_ENTRY), *_BESIDE})
    digest = hashlib.sha256(_TEMPLATE.read_bytes() + (_STATIC / _WORKER).read_bytes())
    for name in names:
        digest.update(name.encode() + b"\0" + (_STATIC / name).read_bytes())
    return Shell(build=digest.hexdigest()[:12], files=tuple(f"/static/{name}" for name in names))


def service_worker() -> str:
    """The text of `/sw.js`: another one with each build, which is how a browser hears of it."""
    made = shell()
    facts = {"build": made.build, "page": PAGE, "files": made.files}
    return f"const SHELL = {json.dumps(facts)};\n" + (_STATIC / _WORKER).read_text("utf-8")


def _imports(entry: str) -> set[str]:
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            text = (_STATIC / name).read_text("utf-8")
            waiting += [normpath(join(dirname(name), other)) for other in _IMPORTED.findall(text)]
    return found

"""The description as docs/openapi.json has it: `python -m web.published` prints it (`make openapi`)."""

import json
import sys
import tempfile
from typing import Any

from runtime.settings import load_settings
from web.app import build_app


def render(page: dict[str, Any]) -> str:
    """The page as text: one member a line, sorted, so that a change is seen as a change."""
    return json.dumps(page, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _served() -> dict[str, Any]:
    """Of the application as it starts on an empty machine; no setting changes what is described."""
    with tempfile.TemporaryDirectory() as folder:
        return build_app(load_settings(None, sandbox="1", data_dir=folder)).openapi()


if __name__ == "__main__":
    sys.stdout.write(render(_served()))

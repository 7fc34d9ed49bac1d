"""People who press the button again when the page did not answer: the same key, until somebody answers."""

import time
import uuid
from typing import Any

import requests

from demo.client import Caller

PATIENCE_S = 180.0
_AGAIN = ("503", "502", "500")


class PatientCaller(Caller):
    """Repeats a call whose answer was lost or that met a house half up."""

    def _call(self, method: str, path: str, body: Any = None, key: str | None = None, data: bytes | None = None) -> Any:
        key = key or uuid.uuid4().hex
        deadline = time.monotonic() + PATIENCE_S
        repeated = False
        while True:
            try:
                return super()._call(method, path, body, key, data)
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
            except RuntimeError as refused:
                code = str(refused).split(": ", 1)[1][:3]
                if repeated and "TASK_DONE" in str(refused):
                    return None  # it was taken the first time
                if code not in _AGAIN or time.monotonic() > deadline:
                    raise
            repeated = True
            time.sleep(1)

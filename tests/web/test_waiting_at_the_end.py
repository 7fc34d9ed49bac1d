"""The web process ends at once although somebody waits for news (the real process, over HTTP)."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.web.alone import web_alone


def test_who_waits_does_not_hold_up_the_end(tmp_path):
    with web_alone(tmp_path) as (base, process), ThreadPoolExecutor() as pool:
        body = {"username": "courier", "password": "demo"}
        token = requests.post(f"{base}/api/v1/login", json=body, timeout=10).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}

        def ask(known):
            query = {"known": known, "wait": 25}
            return requests.get(f"{base}/api/v1/worklists/changes", params=query, headers=headers, timeout=60).json()

        known = ask("")["version"]
        waiting = pool.submit(ask, known)
        time.sleep(1)
        assert not waiting.done()
        began = time.monotonic()
        process.terminate()
        assert waiting.result() == {"version": known}
        process.wait(20)
        assert time.monotonic() - began < 4  # a request that is not told has five seconds

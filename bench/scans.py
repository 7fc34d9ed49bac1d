"""A hundred devices come back to the network at once, 60 scans each, every batch sent three times (courier.md §7).

The web routes run in a process of their own over a SQLite file; the devices are threads here, as impatient as real
ones: each sends its next batch when it has its answer. Counted are scans that are stored for the first time, and all
that were answered. `python -m bench.scans` writes bench/results/scans.json.
"""

import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path

import requests
import uvicorn
from sqlalchemy import func, select

from bench.figures import SHORT, spread, write
from parcels.projection import rebuild
from runtime.ports import free_port
from storage.parcels.legs import LegRow
from storage.parcels.scans import ScanEventRow
from storage.pending_updates import UpdateRow
from tests.contract.couriers.kuayu_office import open_office
from tests.contract.couriers.test_reconnect import DEVICES as WHOLE
from tests.contract.couriers.test_reconnect import KINDS, batches, order

DEVICES = 10 if SHORT else WHOLE
PASSES = 1 if SHORT else 5
LEGS = 10
TIMES = 3
WITHIN_S = 180.0


def serve(folder: str, port: int, ready: Event) -> None:
    """The postal routes, until the process is ended."""
    office = open_office(Path(folder), [f"c{device:03d}" for device in range(DEVICES)])
    for device in range(DEVICES):
        order(office, device, LEGS)
    server = uvicorn.Server(uvicorn.Config(office.app, port=port, log_level="critical", access_log=False))

    def tell() -> None:
        while not server.started:
            time.sleep(0.05)
        ready.set()

    threading.Thread(target=tell, daemon=True).start()
    server.run()


def send(url: str, token: str, device: int) -> list[float]:
    """Every batch three times; seconds that each answer took, waiting after 429 included."""
    took = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for batch in batches(device, LEGS, len(KINDS) * LEGS):
            for _ in range(TIMES):
                began = time.monotonic()
                body = {"deviceId": f"c{device:03d}", "events": batch}
                answer = session.post(f"{url}/api/v1/scans:batch", json=body, timeout=60)
                while answer.status_code == 429:
                    time.sleep(0.2)
                    answer = session.post(f"{url}/api/v1/scans:batch", json=body, timeout=60)
                answer.raise_for_status()
                took.append(time.monotonic() - began)
    return took


def counted(folder: str) -> dict[str, bool]:
    """Each scan once, each effect once, each cached state as the log says."""
    office = open_office(Path(folder))
    total = DEVICES * LEGS * len(KINDS)
    with office.database.read() as session:
        scans = session.scalar(select(func.count()).select_from(ScanEventRow))
        effects = session.scalar(select(func.count()).select_from(UpdateRow))
        delivered = session.scalar(select(func.count()).select_from(LegRow).filter_by(stage="DELIVERED"))
    sound = {
        "each_stored_once": scans == total,
        "each_effect_once": effects == total,
        "work_lists_right": delivered == DEVICES * LEGS and rebuild(office.database) == [],
    }
    office.database.close()
    return sound


def run() -> tuple[dict[str, float], dict[str, bool]]:
    """One reconnect, from the first batch to the last answer: its figures, and whether all is as it should be."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        ready, port = context.Event(), free_port()
        web = context.Process(target=serve, args=(folder, port, ready))
        web.start()
        try:
            if not ready.wait(120):
                raise TimeoutError("the web process did not start")
            url = f"http://127.0.0.1:{port}"
            login = {"username": "courier", "password": "demo"}
            token = requests.post(f"{url}/api/v1/login", json=login, timeout=30).json()["token"]
            began = time.monotonic()
            with ThreadPoolExecutor(DEVICES) as devices:
                answers = list(devices.map(lambda device: send(url, token, device), range(DEVICES)))
            seconds = time.monotonic() - began
        finally:
            web.terminate()
            web.join()
        sound = counted(folder)
    waits = sorted(each for device in answers for each in device)
    total = DEVICES * LEGS * len(KINDS)
    return {
        "seconds": seconds,
        "stored_per_s": total / seconds,
        "answered_per_s": total * TIMES / seconds,
        "answer_p50_s": statistics.median(waits),
        "answer_p99_s": waits[int(len(waits) * 0.99)],
    }, {"within_3_minutes": seconds < WITHIN_S, **sound}


def main() -> int:
    """As many reconnects as there are passes; 1 where a scan was lost, doubled or late."""
    passes = [run() for _ in range(PASSES)]
    figures = {name: spread([found[name] for found, _ in passes]) for name in passes[0][0]}
    sound = {name: all(every[name] for _, every in passes) for name in passes[0][1]}
    scans = DEVICES * LEGS * len(KINDS)
    write("scans", {"devices": DEVICES, "scans": scans, "times_sent": TIMES, "passes": PASSES, **figures, **sound})
    return 0 if all(sound.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

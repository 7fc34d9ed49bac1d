"""`python -m sandbox.couriers --port 8011 --kuayu-url http://127.0.0.1:8000 --key …`."""

import argparse
import logging
import os
from pathlib import Path

from sandbox.couriers.app import Options, run


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m sandbox.couriers", description="The postal side, played.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--key", required=True, help="Bearer key of the carrier's interface")
    parser.add_argument("--kuayu-url", help="where the couriers work; without it only the carrier is played")
    parser.add_argument("--state", type=Path, help="SQLite file; without it everything is in memory")
    parser.add_argument("--pace", type=float, default=2.0, help="real seconds per hop of an interregional parcel")
    parser.add_argument("--poll", type=float, default=0.5, help="real seconds between looks at the work lists")
    parser.add_argument("--sms-key", default="sms-sandbox-key", help="key of the played short-message gateway")
    parser.add_argument("--sms-receipt-key", default="sms-receipt-sandbox-key", help="key of its receipts")
    parser.add_argument("--no-hall", action="store_true", help="a person at the window checks the dossiers")
    given = parser.parse_args()
    return Options(
        port=given.port,
        key=given.key,
        kuayu_url=given.kuayu_url,
        host=given.host,
        state=given.state,
        pace_s=given.pace,
        poll_s=given.poll,
        play_hall=not given.no_hall,
        sms_key=given.sms_key,
        sms_receipt_key=given.sms_receipt_key,
    )


if __name__ == "__main__":
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    run(_options())

"""The Sichuan network for the contract suite: the sandbox pushes, this receiver verifies and acknowledges."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, Queue

from fastapi import FastAPI, Request
from fastapi.responses import Response

from domain.inbound import InboundMessage
from domain.terms import Partner
from partners.callbacks import RawCallback
from partners.sichuan import SichuanAdapter, SichuanSettings
from partners.sichuan.answers import acknowledgement, problem
from partners.sichuan.inbound import Refusal, authenticate, read
from sandbox.main import SandboxSettings, build_app
from tests.contract.peers import Peer
from tests.contract.serving import served

OUR_KEY, PARTNER_KEY, OTHER_KEY = "fedcba9876543210" * 2, "0123456789abcdef" * 2, "a" * 32


def now() -> datetime:
    return datetime.now(UTC)


def settings(base_url: str, our_key: str = OUR_KEY, partner_key: str = PARTNER_KEY) -> SichuanSettings:
    return SichuanSettings(
        base_url=base_url,
        our_app="cq-yuzhong-01",
        partner_app="sc-adapter-01",
        our_keys=lambda _: (our_key,),
        partner_keys=lambda _: (partner_key,),
    )


def receiver(taken: "Queue[InboundMessage]") -> FastAPI:
    """Our side of the callbacks without a database: verifies, remembers in memory, acknowledges."""
    app, agreed, known = FastAPI(), settings("http://unused"), set()

    @app.post("/callbacks/sichuan")
    async def callback(request: Request) -> Response:
        body = await request.body()
        raw = RawCallback("POST", request.scope["raw_path"].decode(), "", request.headers.items(), body)
        checked = authenticate(raw, agreed, now())
        message = checked if isinstance(checked, Refusal) else read(checked, now())
        if isinstance(checked, Refusal) or isinstance(message, Refusal):
            refused = problem(message.code)
            return Response(refused.body, refused.status, refused.headers)
        duplicate = message.message_id in known
        known.add(message.message_id)
        taken.put(message)
        answer = acknowledgement(
            agreed,
            now(),
            nonce=checked.nonce,
            message_id=checked.message_id,
            callback=body,
            received_at=now(),
            duplicate=duplicate,
        )
        return Response(answer.body, answer.status, answer.headers)

    return app


@contextmanager
def peer() -> Iterator[Peer]:
    taken: Queue[InboundMessage] = Queue()

    def collect() -> list[InboundMessage]:
        found = []
        while True:
            try:
                found.append(taken.get_nowait())
            except Empty:
                return found

    with served(receiver(taken)) as ours:
        app = build_app(SandboxSettings(kuayu_url=ours, pace_s=0.02), ("sichuan",))
        with served(app) as theirs:
            yield Peer(
                partner=Partner.SICHUAN,
                sandbox=theirs,
                region="511602",
                adapter=SichuanAdapter(settings(theirs), now),
                collect=collect,
                with_bad_keys=SichuanAdapter(settings(theirs, our_key=OTHER_KEY), now),
                distrusting=SichuanAdapter(settings(theirs, partner_key=OTHER_KEY), now),
            )

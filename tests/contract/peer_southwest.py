"""The Southwest network for the contract suite: we poll the sandbox hub, receipt every row, and read our receipts."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from domain.inbound import InboundMessage
from domain.terms import Partner
from exchange.southwest.receipts import note_receipt
from exchange.southwest.streams import SouthwestStreams
from partners.southwest import PeerCertificate, SigningCertificate, SouthwestAdapter, SouthwestSettings
from partners.southwest.batch import FIRST_PREVIOUS, StreamHead, lines
from partners.southwest.codes import Code
from partners.southwest.inbound import ExaminedBatch, GoodBatch, examine, place
from partners.southwest.receipts import read_receipt, write_receipt
from partners.southwest.rows import read
from partners.southwest.signing import Signer, Verifier
from sandbox.main import SandboxSettings, build_app
from storage.base import Base, Database
from storage.sealing import Sealer
from tests.borders import nowhere
from tests.contract.peers import Peer
from tests.contract.serving import served
from tests.sealing import SEALER

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)


def now() -> datetime:
    return datetime.now(UTC)


def settings(hub_url: str, private: str = PRIVATE) -> SouthwestSettings:
    return SouthwestSettings(
        hub_url=hub_url,
        app_id="cqyz-exch",
        tenancy="500103000000",
        own=(SigningCertificate(serial="5001030000000001", private_key_hex=private),),
        peers=(PeerCertificate(serial="5300000000000001", public_key_hex=PUBLIC),),
    )


class Collector:
    """Our side of the polling without an inbox: verifies, remembers heads in memory, receipts every row ok."""

    def __init__(self, adapter: SouthwestAdapter, database: Database) -> None:
        self._adapter = adapter
        self._database = database
        self._cursor = self._receipt_cursor = ""
        self._heads: dict[str, StreamHead] = {}

    def collect(self) -> list[InboundMessage]:
        found: list[InboundMessage] = []
        for listed in self._adapter.hub.list_batches(self._cursor, 50):
            found += self._take(listed.cd_batch)
            self._cursor = listed.cursor
        return found

    def _take(self, cd_batch: str) -> list[InboundMessage]:
        agreed = self._adapter.settings
        answer = self._adapter.hub.download(cd_batch)
        examined = examine(cd_batch, answer, settings=agreed, verifier=Verifier(agreed), now=now())
        assert isinstance(examined, ExaminedBatch), examined
        province = examined.manifest.from_region
        head = self._heads.get(province, StreamHead(1, FIRST_PREVIOUS))
        good = place(examined, committed_text_sm3=None, head=head)
        assert isinstance(good, GoodBatch), good
        rows = [read(line, number, now()) for number, line in enumerate(lines(good.rows_gz), start=1)]
        receipt = write_receipt(
            Signer(agreed),
            cd_batch=cd_batch,
            rows_sm3=good.manifest.rows_sm3,
            code=Code.OK,
            rows=[(row.guid, Code.OK.value) for row in rows],
            now=now(),
        )
        self._adapter.hub.send_receipt(receipt.wire())
        self._heads[province] = StreamHead(good.manifest.seq + 1, good.manifest.text_sm3)
        return [row.message for row in rows if row.message is not None]

    def flush(self) -> None:
        for content in self._adapter.hub.list_receipts(self._receipt_cursor, 50):
            receipt = read_receipt(content, Verifier(self._adapter.settings), now())
            assert receipt is not None
            with self._database.write() as session:
                note_receipt(session, receipt, now(), time.perf_counter())
            self._receipt_cursor = content["cursor"]


@contextmanager
def peer() -> Iterator[Peer]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'streams.db'}", SEALER)
        Base.metadata.create_all(database.engine)
        streams = SouthwestStreams(database, Sealer({"k1": bytes(32)}))
        app = build_app(SandboxSettings(kuayu_url=f"http://127.0.0.1:{nowhere()}", pace_s=0.02), ("southwest",))
        with served(app) as hub:
            adapter = SouthwestAdapter(settings(hub), streams, now)
            collector = Collector(adapter, database)
            yield Peer(
                partner=Partner.SOUTHWEST,
                sandbox=hub,
                region="520102",
                adapter=adapter,
                collect=collector.collect,
                with_bad_keys=SouthwestAdapter(settings(hub, "1" * 64), streams, now),
                distrusting=None,
                has_query=False,
                flush=collector.flush,
            )
        database.close()

"""The Southwest network behind the common interface: commands are stored and forwarded in batches."""

import hashlib
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.errors import PartnerRefused, PartnerUnavailable, PartnerUntrusted
from domain.inbound import InboundMessage
from domain.outbound import Command, HandlingRef, Receipt, Rendered
from domain.terms import Partner
from partners.base import Now
from partners.southwest import mapper
from partners.southwest.batch import Batch, StreamHead, unsigned
from partners.southwest.client import HubClient
from partners.southwest.codes import BATCH_REFUSALS, INNER_OK, MEANING, Code, fault_of
from partners.southwest.settings import SouthwestSettings
from partners.southwest.signing import Signer, decode_base64
from partners.southwest.stamps import parse_row_time, row_time
from partners.southwest.streams import OutgoingRow, OutgoingStreams, RowStanding, RowState

_MILLISECOND: Final = timedelta(milliseconds=1)
_MAX_FILE: Final = 20 * 1024 * 1024
_ON_ITS_WAY: Final = frozenset({RowState.TAKEN, RowState.CONFIRMED})


class SouthwestAdapter:
    """`partners.base.PartnerAdapter` of 西南五省通办 (contracts.md B).

    Thread-safe; one batch of a stream is on its way at a time.
    """

    partner = Partner.SOUTHWEST

    def __init__(
        self, settings: SouthwestSettings, streams: OutgoingStreams, now: Now, hub: HubClient | None = None
    ) -> None:
        self.settings = settings
        self.hub = hub or HubClient(settings, now)
        self._streams = streams
        self._now = now
        self._signer = Signer(settings)
        self._one_at_a_time: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._newest: datetime | None = None
        self._clock = threading.Lock()

    def render(self, command: Command) -> Rendered:
        """The row as bytes; `meta` holds `row_guid`, `cd_time` and `province`, fixed here once.

        cd_time is now, but at least 1 ms later than every row of this handling before.
        """
        guid, written_at = str(uuid.uuid4()), self._written_at(command.handling.handling_no)
        return Rendered(
            partner=self.partner,
            key=command.key,
            kind=command.kind,
            handling_no=command.handling.handling_no,
            content=mapper.render(command, row_guid=guid, written_at=written_at, our_region=self.settings.region),
            meta={
                "row_guid": guid,
                "cd_time": row_time(written_at),
                "province": mapper.province_of(command.handling.region),
            },
        )

    def send(self, rendered: Rendered) -> Receipt:
        """Put the row into its stream's next batch and send what the stream has to send.

        Returns once the hub has the batch with this row; what the province says of it comes by the poll of
        `exchange.southwest`.

        Raises:
            PartnerUnavailable: the hub is busy or away, or the stream waits for an earlier batch.
            AnswerLost: the effect is unknown.
            PartnerRefused: the hub does not take the batch, or its receipt has refused the row; `code` is theirs.
        """
        province = rendered.meta["province"]
        row = OutgoingRow(
            key=rendered.key,
            handling_no=rendered.handling_no,
            row_guid=rendered.meta["row_guid"],
            written_at=parse_row_time(rendered.meta["cd_time"]),
            content=rendered.content,
        )
        known = self._streams.standing(row.key)
        self._streams.enqueue(province, row)
        with self._one_at_a_time[province]:
            try:
                standing = self._drive(province, row.key)
            except PartnerRefused as refused:
                self._streams.give_up(row.key, refused.code)
                raise
        return Receipt(
            received_at=standing.taken_at or self._now(),
            duplicate=known is not None and known.state in _ON_ITS_WAY,
            awaiting_receipt=standing.state is not RowState.CONFIRMED,
        )

    def flush(self, province: str) -> int:
        """Send what waits in a stream without a command at hand; returns how many batches were dealt with.

        Raises as `send`.
        """
        sent = 0
        with self._one_at_a_time[province]:
            while self._send_next(province):
                sent += 1
        return sent

    def resend(self, batch: Batch) -> str:
        """Send a batch byte for byte, first or again; returns the inner code (`00`: taken).

        Raises:
            PartnerUnavailable: the hub is busy, or could not be reached.
            AnswerLost: the effect is unknown.
        """
        code = self.hub.send_batch(batch.wire())
        if code == Code.BUSY:
            raise fault_of(code)
        return code

    def put_file(self, handling: HandlingRef, sha256: str, data: bytes) -> None:
        """exch0006; the file is known by its hash, whatever the handling. Raises PartnerRefused for more than 20 MB."""
        if len(data) > _MAX_FILE:
            raise PartnerRefused("文件超过 20 MB，无法发送", code=Code.FIELD)
        self.hub.send_file(sha256, data)

    def get_file(self, handling: HandlingRef, sha256: str) -> bytes:
        """exch0007. The bytes, whose hash has been checked.

        Raises:
            PartnerRefused: SW200201, the hub has no such file.
            PartnerUntrusted: FILE_HASH, it gave another one.
        """
        data = decode_base64(self.hub.fetch_file(sha256))
        if data is None or len(data) > _MAX_FILE or hashlib.sha256(data).hexdigest() != sha256:
            raise PartnerUntrusted("对方提供的文件与摘要不符", code="FILE_HASH")
        return data

    def query(self, handling: HandlingRef) -> InboundMessage | None:
        """This wire has no query. Raises PartnerRefused, code NO_QUERY."""
        raise PartnerRefused("西南五省通办没有查询接口", code="NO_QUERY")

    def _written_at(self, handling_no: str) -> datetime:
        """Now, but later than every row of this handling before: cd_time rises strictly."""
        with self._clock:
            now = self._now()
            now = now.replace(microsecond=now.microsecond // 1000 * 1000)
            stored = self._streams.last_written_at(handling_no)
            before = [moment for moment in (stored, self._newest) if moment is not None]
            self._newest = max([now, *(moment + _MILLISECOND for moment in before)])
            return self._newest

    def _drive(self, province: str, key: str) -> RowStanding:
        """Send batches of the stream until this row is in one that the hub has."""
        more = True
        while True:
            standing = self._streams.standing(key)
            if standing is not None and standing.state in _ON_ITS_WAY:
                return standing
            if standing is not None and standing.state is RowState.REFUSED:  # its receipt was faster than we
                raise fault_of(standing.code)
            if not more:
                raise PartnerUnavailable("西南交换中心：批次尚未发出", code="STREAM_WAITS")
            more = self._send_next(province)  # then look once more: another process may have sent it

    def _send_next(self, province: str) -> bool:
        """One attempt for the stream's next batch; False when nothing waits. Raises PartnerError."""
        formed: list[Batch] = []

        def form(rows: Sequence[OutgoingRow], head: StreamHead) -> Batch:
            formed.append(self._form(province, rows, head))
            return formed[-1]

        batch = self._streams.to_send(province, form, self.settings.rows_per_batch)
        if batch is None:
            return False
        began = time.perf_counter()
        code = self._offer(province, batch)
        if code == INNER_OK:
            self._streams.taken(batch, self._now(), began)
            return True
        if code not in BATCH_REFUSALS:
            raise fault_of(code)  # nobody knows what became of it: it stays as it is
        self._streams.refused(batch, code, self._now(), began)
        if not formed:
            return True  # it was made earlier: too old, or with a certificate that has ended; its rows travel anew
        raise fault_of(code)

    def _offer(self, province: str, batch: Batch) -> str:
        code = self.resend(batch)
        if code != Code.GAP:
            return code
        for earlier in self._streams.without_receipt(province):
            if earlier.manifest.seq < batch.manifest.seq:
                began = time.perf_counter()
                self.resend(earlier)
                self._streams.resent(earlier, self._now(), began)
        code = self.resend(batch)
        if code == Code.GAP:
            raise PartnerUnavailable(f"西南交换中心：{MEANING[Code.GAP]}", code=code)
        return code

    def _form(self, province: str, rows: Sequence[OutgoingRow], head: StreamHead) -> Batch:
        now = self._now()
        serial = self._signer.serial(now)
        batch = unsigned(
            [row.content for row in rows],
            from_region=self.settings.region,
            to_region=province,
            head=head,
            now=now,
            serial=serial,
        )
        signature = self._signer.sign(batch.manifest.text, serial)
        return batch.model_copy(update={"manifest": batch.manifest.model_copy(update={"sign": signature})})

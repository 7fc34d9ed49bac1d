"""Sealed documents in a bucket of any S3: for an installation on several machines, which share no folder.

What S3 sees is sealed already, so its operator reads nothing. Signed by AWS Signature Version 4, in the path style
that every S3 server understands.
"""

from http import HTTPStatus
from urllib.parse import quote

import requests
from requests_aws4auth import AWS4Auth

from domain.errors import Misconfigured, ServiceUnavailable
from domain.model import Frozen
from outbound.deadline import Deadline, bounded_session

_AWAY = "文件库暂时没有回应，文件没有丢失，请稍后再试；一直如此请联系运维"
_REFUSED = "文件库拒绝了我们的请求（{status}），请运维核对 DOCUMENTS_S3_ 开头的设置"


class S3Bucket(Frozen):
    """Where the documents lie. `url`: of the server, without the bucket. `total_s`: seconds for one call in all."""

    url: str
    bucket: str
    region: str
    access_key: str
    secret_key: str
    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 30.0


class S3Blobs:
    """Sealed bytes under the keys `documents/{first 2 digits}/{name}`. Thread-safe: every call has its connection."""

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket
        self._root = f"{bucket.url.rstrip('/')}/{quote(bucket.bucket, safe='')}/documents"

    def put(self, name: str, sealed: bytes) -> None:
        """Write the whole object or nothing; over one that is there already.

        Raises:
            ServiceUnavailable: S3 is away, busy or slow.
            Misconfigured: S3 refuses us: no such bucket, wrong key.
        """
        self._call("PUT", name, sealed)

    def get(self, name: str) -> bytes | None:
        """The sealed bytes; None where there are none. Raises as `put`."""
        answer = self._call("GET", name, absent=True)
        return None if answer is None else answer.content

    def head(self, name: str, size: int) -> bytes | None:
        """Its first bytes, `size` at most; None where there are none. Raises as `put`."""
        answer = self._call("GET", name, absent=True, headers={"Range": f"bytes=0-{size - 1}"})
        return None if answer is None else answer.content[:size]

    def delete(self, name: str) -> None:
        """Take the object away; harmless where there is none. Raises as `put`."""
        self._call("DELETE", name, absent=True)

    def _call(
        self, method: str, name: str, body: bytes = b"", *, absent: bool = False, headers: dict[str, str] | None = None
    ) -> requests.Response | None:
        """None where the object is not there and may be `absent`."""
        at = self._bucket
        auth = AWS4Auth(at.access_key, at.secret_key, at.region, "s3")
        url = f"{self._root}/{name[:2]}/{name}"
        try:
            with Deadline(at.total_s, at.read_s) as deadline, bounded_session() as session:
                answer = session.request(
                    method, url, data=body, headers=headers, auth=auth, timeout=(at.connect_s, at.read_s)
                )
        except requests.RequestException as fault:
            raise ServiceUnavailable(_AWAY, code="DOCUMENTS_AWAY") from fault
        if deadline.expired or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ServiceUnavailable(_AWAY, code="DOCUMENTS_AWAY")
        if absent and answer.status_code == HTTPStatus.NOT_FOUND and b"NoSuchKey" in answer.content:
            return None
        if not answer.ok:
            raise Misconfigured(_REFUSED.format(status=answer.status_code))
        return answer

"""A device as an engineer would build it from docs/postal.md: its key, and what it signs. Shares no code with ours."""

import base64
import hashlib
import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SoftDevice:
    """`now()`: its clock, which may be wrong."""

    def __init__(self, device_id="web-0123456789abcdef", now=lambda: datetime.now(UTC)):
        self.id = device_id
        self.now = now
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self):
        spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spki).decode()

    def signature(self, text):
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(SHA256())))
        return base64.urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).rstrip(b"=").decode()

    def headers(self, method, target, body=b"", *, at=None, device_id=None):
        at = at or self.now().isoformat()
        said = [method, target, device_id or self.id, at, hashlib.sha256(body).hexdigest()]
        signature = self.signature("\n".join(["KUAYU-DEVICE-1", *said]).encode())
        named = {"Kuayu-Device": device_id or self.id, "Kuayu-Device-Time": at}
        return named | {"Kuayu-Device-Signature": signature, "Content-Type": "application/json"}

    def get(self, client, target, **more):
        return client.get(target, headers=self.headers("GET", target, **more))

    def post(self, client, target, said, **more):
        body = json.dumps(said).encode()
        return client.post(target, content=body, headers=self.headers("POST", target, body, **more))

    def enrol(self, client, code, **more):
        said = {"code": code, "deviceId": self.id, "publicKey": self.public_key} | more
        return self.post(client, "/api/v1/devices:enrol", said)

    def scans(self, client, *events, **more):
        return self.post(client, "/api/v1/scans:batch", {"deviceId": self.id, "events": list(events)}, **more)

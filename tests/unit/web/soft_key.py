"""A security key of a test, in software: it signs what it is told to, also what no honest key would (WebAuthn §6)."""

import base64
import hashlib
import json
import secrets

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UP, UV, AT = 0x01, 0x04, 0x40


def coded(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class SoftKey:
    """`count`: what its counter says; `origin`, `rp`: where it believes to be."""

    def __init__(self, origin="https://hall.example", rp="hall.example"):
        self.origin, self.rp, self.count = origin, rp, 0
        self.id = secrets.token_bytes(32)
        self._private = ec.generate_private_key(ec.SECP256R1())

    def made_for(self, asked, **other):
        """As `navigator.credentials.create` answers, in JSON."""
        numbers = self._private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(UP | UV | AT) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked, other)
        return self._told({"attestationObject": coded(attestation), "clientDataJSON": coded(client)})

    def signed_for(self, asked, **other):
        """As `navigator.credentials.get` answers, in JSON."""
        self.count += 1
        client = self._client("webauthn.get", asked, other)
        data = self._data(other.get("flags", UP | UV))
        signature = self._private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": coded(data), "clientDataJSON": coded(client), "signature": coded(signature)}
        return self._told(said | {"userHandle": None})

    def _data(self, flags):
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind, asked, other):
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | {name: value for name, value in other.items() if name in said}).encode()

    def _told(self, response):
        return {"id": coded(self.id), "rawId": coded(self.id), "type": "public-key", "response": response}

"""SM2 authorities and certificates of a test, made by OpenSSL's program: another hand than the one that judges them."""

import subprocess
from pathlib import Path

_ID = "distid:1234567812345678"
_CNF = """\
[ca]
default_ca = ours
[ours]
database = {folder}/{name}.index
crlnumber = {folder}/{name}.crlnumber
default_md = sm3
default_crl_days = 7
"""
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
PERSON = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n"


def _run(*argv: object, **more: object) -> bytes:
    done = subprocess.run(["openssl", *map(str, argv)], capture_output=True, check=False, **more)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Holder:
    """A certificate with its key, as a USB key has them."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.file, self._key = certificate, key

    @property
    def pem(self) -> str:
        """As the middleware gives it."""
        return self.file.read_text()

    @property
    def der(self) -> bytes:
        """The same in DER."""
        return _run("x509", "-in", self.file, "-outform", "DER")

    def sign(self, message: bytes, user_id: str = _ID) -> bytes:
        """DER over SM3 (GB/T 35276)."""
        text = self.file.with_suffix(".message")
        text.write_bytes(message)
        argv = ("pkeyutl", "-sign", "-inkey", self._key, "-rawin", "-in", text, "-digest", "sm3")
        return _run(*argv, "-pkeyopt", user_id)


class Authority:
    """Issues certificates and lists of those that are revoked."""

    def __init__(self, folder: Path, name: str, curve: str = "SM2", extensions: str = AUTHORITY) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._curve = folder, name, curve
        self._key, request = self._asked(name, curve)
        self.file, extras = folder / f"{name}.pem", folder / f"{name}.ext"
        extras.write_text(extensions)
        argv = ("x509", "-req", "-in", request, "-signkey", self._key, "-days", 30, "-extfile", extras)
        _run(*argv, *_signing(curve), *_verifying(curve), "-out", self.file)
        (folder / f"{name}.index").write_text("")
        (folder / f"{name}.crlnumber").write_text("01\n")
        (folder / f"{name}.cnf").write_text(_CNF.format(folder=folder, name=name))

    def issue(self, name: str, extensions: str = PERSON, *, curve: str = "SM2") -> Holder:
        """A certificate for somebody, good for three days."""
        key, request = self._asked(name, curve)
        made, extras = self._folder / f"{name}.pem", self._folder / f"{name}.ext"
        extras.write_text(extensions)
        argv = ("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial")
        _run(*argv, *_signing(self._curve), *_verifying(curve), "-days", 3, "-extfile", extras, "-out", made)
        return Holder(made, key)

    def revoked(self, *holders: Holder) -> bytes:
        """A list of these, PEM."""
        base = ("ca", "-config", self._folder / f"{self._name}.cnf", "-cert", self.file, "-keyfile", self._key)
        for one in holders:
            _run(*base, "-revoke", one.file)
        return _run(*base, "-gencrl", "-sigopt", _ID)

    def _asked(self, name: str, curve: str) -> tuple[Path, Path]:
        """A new key and its request."""
        key, request = self._folder / f"{name}.key", self._folder / f"{name}.csr"
        _run("ecparam", "-name", curve, "-genkey", "-noout", "-out", key)
        _run("req", "-new", "-key", key, *_signing(curve), "-subj", f"/C=CN/O=Test/CN={name}", "-out", request)
        return key, request


def _signing(curve: str) -> tuple[str, ...]:
    return ("-sm3", "-sigopt", _ID) if curve == "SM2" else ("-sha256",)


def _verifying(curve: str) -> tuple[str, ...]:
    return ("-vfyopt", _ID) if curve == "SM2" else ()

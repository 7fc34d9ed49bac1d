"""TLS towards PostgreSQL and Temporal: whom we believe, and the key that says who we are."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.engine import make_url
from temporalio.service import TLSConfig


def _readable(file: Path | None) -> Path | None:
    if file is not None:
        try:
            file.open("rb").close()
        except OSError as fault:
            raise ValueError(f"can't be read: {fault.strerror}") from None
    return file


PemFile = Annotated[Path | None, AfterValidator(_readable)]


class TlsSettings(BaseModel):
    """Files in PEM form; they are read when a process starts, so a renewed one counts after a restart."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_ca: PemFile = Field(
        None, description="authority of PostgreSQL's certificate; with it the name in DATABASE_URL must be in that too"
    )
    database_cert: PemFile = Field(None, description="our certificate for PostgreSQL")
    database_key: PemFile = Field(None, description="its key; readable for the service's user only")
    temporal: bool = Field(
        False, description="1: TLS to Temporal, with the authorities of this machine unless the next is set"
    )
    temporal_ca: PemFile = Field(None, description="authority of the Temporal server's certificate; switches TLS on")
    temporal_cert: PemFile = Field(None, description="our certificate for Temporal")
    temporal_key: PemFile = Field(None, description="its key")
    temporal_server_name: str = Field(
        "", description="name in the Temporal server's certificate; empty: that of TEMPORAL_ADDRESS"
    )

    @model_validator(mode="after")
    def _in_pairs(self) -> "TlsSettings":
        if (self.database_cert is None) != (self.database_key is None):
            raise ValueError("TLS_DATABASE_CERT and TLS_DATABASE_KEY belong together")
        if (self.temporal_cert is None) != (self.temporal_key is None):
            raise ValueError("TLS_TEMPORAL_CERT and TLS_TEMPORAL_KEY belong together")
        if self.database_cert is not None and self.database_ca is None:
            raise ValueError("TLS_DATABASE_CERT needs TLS_DATABASE_CA: no key is shown to a server that we don't know")
        return self


def secured(url: str, tls: TlsSettings) -> str:
    """The database's URL with what `tls` says, as libpq reads it; SQLite's and one without `tls` stay as they are."""
    if tls.database_ca is None or url.startswith("sqlite"):
        return url
    said = {"sslmode": "verify-full", "sslrootcert": str(tls.database_ca.absolute())}
    if tls.database_cert is not None and tls.database_key is not None:
        said |= {"sslcert": str(tls.database_cert.absolute()), "sslkey": str(tls.database_key.absolute())}
    return make_url(url).update_query_dict(said).render_as_string(hide_password=False)


def temporal_tls(tls: TlsSettings) -> TLSConfig | None:
    """How to speak with Temporal; None: in clear."""
    if not (tls.temporal or tls.temporal_ca or tls.temporal_cert):
        return None
    return TLSConfig(
        server_root_ca_cert=_bytes(tls.temporal_ca),
        domain=tls.temporal_server_name or None,
        client_cert=_bytes(tls.temporal_cert),
        client_private_key=_bytes(tls.temporal_key),
    )


def _bytes(file: Path | None) -> bytes | None:
    return None if file is None else file.read_bytes()

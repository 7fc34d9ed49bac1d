"""Settings of the store of documents: a folder or S3, the virus scanner, and what a draft may hold."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

HostAndPort = Annotated[str, Field(pattern=r"^$|^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$")]


class DocumentSettings(BaseModel):
    """Uploaded scans, results and photos of deliveries."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    s3_url: str = Field(
        "",
        pattern=r"^$|^https?://[^/?#]+/?$",
        description="address of an S3 server without the bucket; empty: the folder documents in DATA_DIR",
    )
    s3_bucket: str = Field("kuayu", min_length=3, max_length=63, description="bucket of the documents, made beforehand")
    s3_region: str = Field("us-east-1", min_length=1, description="region of the S3 server")
    s3_access_key: str = Field("", description="access key of the S3 server")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="secret key of the S3 server")
    clamd: HostAndPort = Field("", description="host:port of a clamd that looks at each upload; empty: none does")
    clamd_timeout_s: float = Field(20, gt=0, le=120, description="seconds that clamd gets for one file")
    quota_mb: int = Field(500, ge=20, description="megabytes that one user may have uploaded and not yet submitted")
    draft_hours: int = Field(24, ge=1, le=720, description="hours after which an upload without a case is taken away")

    @model_validator(mode="after")
    def _with_keys(self) -> "DocumentSettings":
        if self.s3_url and not (self.s3_access_key and self.s3_secret_key.get_secret_value()):
            raise ValueError("DOCUMENTS_S3_URL needs DOCUMENTS_S3_ACCESS_KEY and DOCUMENTS_S3_SECRET_KEY")
        return self

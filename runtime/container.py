"""The composition root: settings become the container that the worker, the web process and the commands share."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logistics.carrier import CarrierClient
from logistics.promise_rules import PromiseRules
from outbound.clamd import Clamd
from partners.licence_office.client import LicenceOffice
from runtime.keys import KeyRing
from runtime.settings import Settings
from runtime.tls_settings import secured
from storage.audit.heads import HeadSigner
from storage.audit.trail import AuditTrail
from storage.base import Database
from storage.cases.applicant_keys import ApplicantKeys, Before
from storage.cases.result_codes import CodeDesk
from storage.documents.folder import FolderBlobs
from storage.documents.s3 import S3Blobs, S3Bucket
from storage.documents.store import Blobs, Documents, nothing_scans
from storage.exchange.inbox import GAP_PATIENCE, Inbox
from storage.parcels.code_checks import HandoverKeys
from storage.sealing import Sealer


def now() -> datetime:
    """The wall clock of this process, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Container:
    """What every process has: settings, database, seal, documents and inbox."""

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox


def container_of(settings: Settings) -> Container:
    """Make the container; nothing is opened or asked before its first use, so the database may still be away."""
    sealer = Sealer(_ring(settings.seal_keys))
    return Container(
        settings=settings,
        database=Database(secured(settings.database_url, settings.tls)),
        sealer=sealer,
        documents=documents_of(settings, sealer),
        inbox=Inbox(sealer, gap_patience(settings)),
    )


def documents_of(settings: Settings, sealer: Sealer) -> Documents:
    """The documents, sealed: in S3 where DOCUMENTS_S3_URL says so, else in DATA_DIR/documents (decisions.md 26)."""
    given = settings.documents
    blobs: Blobs = FolderBlobs(settings.data_dir / "documents")
    if given.s3_url:
        bucket = S3Bucket(
            url=given.s3_url,
            bucket=given.s3_bucket,
            region=given.s3_region,
            access_key=given.s3_access_key,
            secret_key=given.s3_secret_key.get_secret_value(),
        )
        blobs = S3Blobs(bucket)
    if not given.clamd:
        return Documents(blobs, sealer, nothing_scans)
    host, _, port = given.clamd.rpartition(":")
    return Documents(blobs, sealer, Clamd(host.strip("[]"), int(port), given.clamd_timeout_s).scan)


def gap_patience(settings: Settings) -> timedelta:
    """How long a gap in a sequence may stay open before the partner is queried: 10 minutes over TIME_SCALE."""
    return GAP_PATIENCE / settings.time_scale


def carrier_of(settings: Settings) -> CarrierClient:
    """The client of the postal carrier (邮政寄递) at COURIER_BASE_URL; a new one with each call."""
    return CarrierClient(settings.courier.base_url, settings.courier.key.get_secret_value(), now)


def licence_office_of(settings: Settings) -> LicenceOffice | None:
    """The client of the licence office (电子证照核验) at LICENCES_BASE_URL; None where there is none."""
    said = settings.licences
    if said.base_url is None:
        return None
    return LicenceOffice(said.base_url, said.app, said.key.get_secret_value(), now)


def promise_rules(settings: Settings) -> PromiseRules:
    """The terms promised at doors, in minutes, from the PROMISE_ settings."""
    given = settings.promise
    return PromiseRules(
        pickup_minutes=given.pickup_minutes,
        delivery_minutes=given.delivery_minutes,
        warn_minutes=given.warn_minutes,
        pause_cap_minutes=given.pause_cap_minutes,
    )


def label_key(settings: Settings) -> bytes:
    """The key of the square codes on labels (courier.md §8): LABEL_KEY, else derived from the oldest of SEAL_KEYS."""
    if settings.label_key is not None:
        return settings.label_key.current.secret.get_secret_value()
    return _derived(settings, b"kuayu label codes")


def label_keys(settings: Settings) -> tuple[bytes, ...]:
    """All keys with which a label on its way may have been sealed: those of LABEL_KEY, and the derived one."""
    ring = settings.label_key.keys if settings.label_key is not None else ()
    return (*(key.secret.get_secret_value() for key in ring), _derived(settings, b"kuayu label codes"))


def agent_key(settings: Settings) -> bytes:
    """The key that turns an agent's document number into an id of our own (帮代办人), 32 bytes.

    Derived from the oldest of SEAL_KEYS, so that ids stay when a key is added in front.
    """
    return _derived(settings, b"kuayu agents")


def result_key(settings: Settings) -> bytes:
    """The key of the hashes of codes that were sent to applicants (验证码), 32 bytes; derived as `agent_key`.

    Before 0034 printed codes (领取码) were functions of it.
    """
    return _derived(settings, b"kuayu result codes")


def applicant_keys(settings: Settings, sealer: Sealer) -> ApplicantKeys:
    """What opens the pages of applicants, a key per case."""
    return ApplicantKeys(sealer, Before(result_key(settings), _handover_key(settings)))


def code_desk(settings: Settings, sealer: Sealer) -> CodeDesk:
    """Prints, sends and judges the codes that applicants type."""
    return CodeDesk(applicant_keys(settings, sealer), result_key(settings))


def handover_keys(settings: Settings, sealer: Sealer) -> HandoverKeys:
    """The secrets of the codes with which applicants hand over and take parcels (交接码), one per case."""
    keys = applicant_keys(settings, sealer)
    return HandoverKeys(_handover_key(settings), lambda session, case_no: keys.of(session, case_no).handover)


def _handover_key(settings: Settings) -> bytes:
    """Of the hashes of codes that were typed; before 0034 the codes themselves were functions of it."""
    return _derived(settings, b"kuayu hand-over codes")


def verification_key(settings: Settings) -> bytes:
    """The key behind the tokens in the square codes of papers (核验), 32 bytes; derived as `agent_key`."""
    return _derived(settings, b"kuayu verification")


def tries_key(settings: Settings) -> bytes:
    """The key that puts wrong tries of applicants into slots (错误次数), 32 bytes; derived as `agent_key`."""
    return _derived(settings, b"kuayu wrong tries")


def matter_key(settings: Settings) -> bytes:
    """The key of the marks by which cases of one person, item and region are found (重复办件), 32 bytes.

    Derived from the oldest of SEAL_KEYS, so that marks stay when a key is added in front.
    """
    return _derived(settings, b"kuayu same matters")


def face_key(settings: Settings) -> bytes:
    """The key of the marks by which a search finds cases (盲索引), 32 bytes; derived as `matter_key`."""
    return _derived(settings, b"kuayu faces")


def audit_trail(settings: Settings) -> AuditTrail:
    """The audit trail (审计), its heads signed with keys derived from SEAL_KEYS, of which the first signs."""
    keys = _ring(settings.seal_keys)
    seeds = {kid: hmac.digest(key, b"kuayu audit heads", "sha256") for kid, key in keys.items()}
    return AuditTrail(HeadSigner(seeds))


def _derived(settings: Settings, purpose: bytes) -> bytes:
    oldest = settings.seal_keys.keys[-1].secret.get_secret_value()
    return hmac.digest(oldest, purpose, "sha256")


def _ring(ring: KeyRing) -> dict[str, bytes]:
    return {key.kid: key.secret.get_secret_value() for key in ring.keys}

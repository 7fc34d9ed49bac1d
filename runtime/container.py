"""The composition root: settings become the container that the worker, the web process and the commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logistics.carrier import CarrierClient
from logistics.promise_rules import PromiseRules
from outbound.clamd import Clamd
from partners.licence_office.client import LicenceOffice
from runtime.marks import Mark, head_seeds, mark_key
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
from storage.personal.retention import Terms, terms
from storage.sealing import Sealer


def now() -> datetime:
    """The wall clock of this process, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Container:
    """What every process has: settings, database, its seal (with the keys of cases), documents and inbox."""

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox


def container_of(settings: Settings) -> Container:
    """Make the container; nothing is opened or asked before its first use, so the database may still be away."""
    database = Database(secured(settings.database_url, settings.tls), Sealer(settings.seal_keys.by_kid()))
    return Container(
        settings=settings,
        database=database,
        sealer=database.sealer,
        documents=documents_of(settings, database),
        inbox=Inbox(database.sealer, gap_patience(settings)),
    )


def documents_of(settings: Settings, database: Database) -> Documents:
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
    scan: Callable[[bytes], None] = nothing_scans
    if given.clamd:
        host, _, port = given.clamd.rpartition(":")
        scan = Clamd(host.strip("[]"), int(port), given.clamd_timeout_s).scan
    return Documents(blobs, database.sealer, scan, database)


def retention_terms(settings: Settings) -> Terms:
    """After how many days what of a case is erased, by the PERSONAL_ settings and retention.toml."""
    return terms(settings.personal.documents_days, settings.personal.kept_days)


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
    """The key of the square codes on labels (courier.md §8): LABEL_KEY, else as MARK_KEYS says."""
    if settings.label_key is not None:
        return settings.label_key.current.secret.get_secret_value()
    return mark_key(settings, Mark.LABELS)


def label_keys(settings: Settings) -> tuple[bytes, ...]:
    """All keys with which a label on its way may have been sealed: those of LABEL_KEY, and the derived one."""
    ring = settings.label_key.keys if settings.label_key is not None else ()
    return (*(key.secret.get_secret_value() for key in ring), mark_key(settings, Mark.LABELS))


def agent_key(settings: Settings) -> bytes:
    """The key that turns an agent's document number into an id of our own (帮代办人), 32 bytes."""
    return mark_key(settings, Mark.AGENTS)


def result_key(settings: Settings) -> bytes:
    """The key of the hashes of codes that were sent to applicants (验证码), 32 bytes.

    Before 0034 printed codes (领取码) were functions of it.
    """
    return mark_key(settings, Mark.CODES)


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
    return mark_key(settings, Mark.HANDOVERS)


def verification_key(settings: Settings) -> bytes:
    """The key behind the tokens in the square codes of papers (核验), 32 bytes."""
    return mark_key(settings, Mark.VERIFICATION)


def tries_key(settings: Settings) -> bytes:
    """The key that puts wrong tries of applicants into slots (错误次数), 32 bytes."""
    return mark_key(settings, Mark.TRIES)


def factor_key(settings: Settings) -> bytes:
    """The key of what is kept of recovery codes, and of the handles that security keys know users by, 32 bytes."""
    return mark_key(settings, Mark.FACTORS)


def device_key(settings: Settings) -> bytes:
    """The key of what is kept of codes with which devices are enrolled (设备登记码), 32 bytes."""
    return mark_key(settings, Mark.DEVICES)


def matter_key(settings: Settings) -> bytes:
    """The key of the marks by which cases of one person, item and region are found (重复办件), 32 bytes."""
    return mark_key(settings, Mark.MATTERS)


def face_key(settings: Settings) -> bytes:
    """The key of the marks by which a search finds cases (盲索引), 32 bytes."""
    return mark_key(settings, Mark.FACES)


def audit_trail(settings: Settings) -> AuditTrail:
    """The audit trail (审计), its heads signed as `runtime.marks:head_seeds` says."""
    return AuditTrail(HeadSigner(head_seeds(settings)))

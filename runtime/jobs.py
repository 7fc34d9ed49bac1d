"""The scheduled jobs as they are wired here: what each does, with this installation's networks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from temporalio.client import Client

from activities.carrier_tracking import CarrierTracking
from activities.door_promises import DoorPromises, LateUploads
from activities.job_loop import Part
from activities.stuck_steps import StuckSteps
from domain.jobs import Job
from domain.terms import Partner
from exchange.gap_recovery import GapRecovery
from exchange.reconciliation import Reconciliation
from jobs.carrier_traces import TrackJob
from jobs.messages import MessagesJob
from jobs.partner_books import BooksJob
from jobs.retention import RetentionJob
from jobs.sweep import SweepJob
from logistics.carrier import CarrierClient
from parcels.scan_intake import ScanIntake, ScanSecrets
from relay.broken_runs import BrokenRuns
from relay.relay import Relay
from runtime.condition import ConditionWatch
from runtime.condition_checks import examine
from runtime.container import Container, audit_trail, gap_patience, handover_keys, retention_terms
from runtime.messages import message_sender
from runtime.network import Network
from runtime.networks import adapters_of, books_of
from storage.personal.eraser import Eraser

_HEAL = {Partner.SICHUAN: Job.HEAL_SICHUAN, Partner.INTERPROVINCIAL: Job.HEAL_INTERPROVINCIAL}
_RECONCILE = {
    Partner.SICHUAN: Job.RECONCILE_SICHUAN,
    Partner.SOUTHWEST: Job.RECONCILE_SOUTHWEST,
    Partner.INTERPROVINCIAL: Job.RECONCILE_INTERPROVINCIAL,
}


def jobs_of(
    client: Client,
    container: Container,
    networks: Mapping[Partner, Network],
    carrier: CarrierClient,
    promises: DoorPromises,
    now: Callable[[], datetime],
) -> dict[Job, Sequence[Part]]:
    """Job → the parts that it does in order, for every job of an installation with these networks.

    A network without an adapter here has none; `domain.jobs` says which queue does a job.
    """
    database, adapters = container.database, adapters_of(dict(networks))
    relay = Relay(client, database, now, patience_s=5.0)
    secrets = ScanSecrets(handover=handover_keys(container.settings, container.sealer))
    scans = ScanIntake(database, now, lambda: None, secrets)
    stuck = StuckSteps(client, database, now)
    broken = BrokenRuns(client, database, now)
    condition = ConditionWatch(container, examine, now).watch_condition
    sweep = SweepJob(
        relay, broken, scans, LateUploads(database, promises, now), stuck, database, container.documents, now, condition
    )
    gaps = GapRecovery(database, container.inbox, adapters, now, patience=gap_patience(container.settings))
    reconciliation = Reconciliation(database, container.inbox, adapters, now, books=books_of(dict(networks)))
    jobs: dict[Job, Sequence[Part]] = {
        Job.SWEEP: sweep.parts,
        Job.MESSAGES: (MessagesJob(message_sender(container, now)).send_messages,),
        Job.TRACK: (TrackJob(CarrierTracking(database, carrier, now), relay).track,),
        Job.RETENTION: _retention(container, now).parts,
    }
    for partner, network in networks.items():
        books = BooksJob(partner, gaps, reconciliation, relay, now)
        jobs[_RECONCILE[partner]] = (books.reconcile,)
        if partner in _HEAL:
            jobs[_HEAL[partner]] = (books.heal,)
        jobs |= {job: (poll,) for job, poll in network.polls(relay).items()}
    return jobs


def _retention(container: Container, now: Callable[[], datetime]) -> RetentionJob:
    settings = container.settings
    eraser = Eraser(container.database, container.sealer, container.documents, now, audit_trail(settings))
    return RetentionJob(eraser, retention_terms(settings), settings.personal.erased_at_once)

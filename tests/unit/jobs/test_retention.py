"""The nightly job: what is over goes, part by part, so many cases a night."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from activities.failure_streaks import PARTS
from jobs.retention import RetentionJob
from storage.documents.folder import FolderBlobs
from storage.documents.store import Documents
from storage.personal.eraser import Eraser
from storage.personal.erasures import CaseErasureRow
from storage.personal.retention import Terms
from tests.unit.storage.casework import CASE, TO_COME
from tests.unit.storage.seeded_case import CLOSED, found, seed


def test_each_night_takes_so_many_and_the_next_one_the_rest(database, tmp_path):
    documents = Documents(FolderBlobs(tmp_path / "documents"), database.sealer, database=database)
    for case_no in (CASE, TO_COME):
        seed(database, documents, case_no)
    over = CLOSED + timedelta(days=365)
    eraser = Eraser(database, database.sealer, documents, lambda: over, pause=lambda _seconds: None)
    job = RetentionJob(eraser, Terms(documents_days=180, personal_days=365), at_most=1)
    assert {part.__name__ for part in job.parts} <= PARTS.keys()
    for nights in (1, 2, 2):
        for part in job.parts:
            asyncio.run(part())
        with database.read() as session:
            assert len(list(session.scalars(select(CaseErasureRow)))) == nights
    assert found(database, CASE) == found(database, TO_COME) == set()

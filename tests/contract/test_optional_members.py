"""Optional members over each real wire: a form with the submission, papers said back, and peers that know neither."""

import hashlib
from datetime import UTC, datetime
from importlib import import_module

import pytest

from domain.filled_form import FilledForm, FormLine, Personal
from domain.identifiers import make_case_number
from domain.named_papers import NamedPaper
from domain.outbound import HandlingRef
from domain.terms import MaterialForm
from partners.form_json import canonical, form_json
from tests.contract.peers import Peer
from tests.contract.test_adapters import PEERS, say, script, submission

BOOK = {"name": "居民户口簿 <正>&副", "form": "original", "count": 1}
NAMED = NamedPaper(name="居民户口簿 <正>&副", form=MaterialForm.ORIGINAL, count=1)
FORM = FilledForm(
    version="2026-11-23",
    answers={"situation": "lost", "values": {"reason": "遗失 ]]> \r\n\t𬭸\ufffe", "copies": 2, "named": None}},
    lines=(FormLine(section="申请人", label="联系人", value="阿卜杜拉·𬭸", personal=Personal.NAME),),
)


@pytest.fixture(scope="module", params=PEERS)
def peer(request):
    with import_module(f"tests.contract.peer_{request.param}").peer() as connected:
        yield connected


@pytest.fixture
def handling(peer: Peer, request) -> HandlingRef:
    serial = 500_000 + int(hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:4], 16)
    number = make_case_number("500103", datetime.now(UTC).date(), serial)
    return HandlingRef(handling_no=number, region=peer.region, item_code="YZ-MPS-001")


def test_the_form_is_kept_over_there_as_it_was_filled_in(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    command = submission(handling, form=FORM)
    say(peer, command)
    ours = hashlib.sha256(canonical(form_json(FORM)).encode()).hexdigest()
    assert peer.case(handling.handling_no)["formSha256"] == ours
    rendered = peer.adapter.render(command)
    assert "遗失" in rendered.content.decode() and "遗失" not in str(rendered.meta)


def test_without_a_form_nothing_is_kept(peer: Peer, handling):
    script(peer, handling, {"await": "never"})
    say(peer, submission(handling))
    assert peer.case(handling.handling_no)["formSha256"] is None


def test_what_an_authority_says_beside_its_events_is_heard(peer: Peer, handling):
    script(
        peer,
        handling,
        "RECEIVED",
        {"event": "ACCEPTED", "payload": {"deemed": True}},
        {"event": "REVIEWING", "payload": {"extendedWorkdays": 10, "reason": "案情复杂"}},
        "APPROVED",
        {"event": "RESULT_SENT", "payload": {"papers": [BOOK], "kept": [], "sealNo": "SC0000001"}},
    )
    say(peer, submission(handling))
    told = peer.wait_for_events(handling.handling_no, ["RECEIVED", "RESULT_SENT"])
    accepted, reviewing, sent = told[1].payload, told[2].payload, told[-1].payload
    assert accepted.deemed is True
    assert (reviewing.extended_workdays, reviewing.reason) == (10, "案情复杂")
    assert (sent.papers, sent.kept, sent.seal_no) == ((NAMED,), (), "SC0000001")
    assert sent.tracking_no.startswith("EB")


def test_the_papers_that_a_supplement_wants_are_heard(peer: Peer, handling):
    script(peer, handling, {"event": "NEED_SUPPLEMENT", "payload": {"papers": [BOOK]}}, {"await": "never"})
    say(peer, submission(handling))
    told = peer.wait_for_events(handling.handling_no, ["NEED_SUPPLEMENT"])[-1]
    assert (told.payload.papers, told.payload.materials) == ((NAMED,), ("居民户口簿",))


def test_an_authority_that_says_none_of_it_is_heard_as_before(peer: Peer, handling):
    script(peer, handling, "RECEIVED", "ACCEPTED", "REVIEWING", "APPROVED", "RESULT_SENT")
    say(peer, submission(handling))
    for message in peer.wait_for_events(handling.handling_no, ["RECEIVED", "RESULT_SENT"]):
        said = message.payload
        assert (said.papers, said.kept, said.seal_no, said.extended_workdays, said.deemed) == (None,) * 5

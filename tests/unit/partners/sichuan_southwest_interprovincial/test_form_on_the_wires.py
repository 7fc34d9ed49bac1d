"""Any filled form goes through each of our mappers and comes out of the played partner's own reader as it was."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rendering import WINDOW
from domain.filled_form import FilledForm, FormLine, Personal
from domain.outbound import Command, HandlingRef, Person, SentMaterial, Submission
from domain.terms import ApplicantType, CommandKind, IdType, MaterialForm, Mode
from partners.form_json import MAX_FORM_BYTES, canonical, form_json
from partners.interprovincial.envelope import Head, data_part, information
from partners.interprovincial.mapper import record_of
from partners.sichuan import mapper as sichuan
from partners.southwest import mapper as southwest
from partners.standards import CHINA
from sandbox.forms import canonical as theirs
from sandbox.partners.interprovincial import records, wire
from sandbox.partners.sichuan import schema
from sandbox.partners.southwest.schema import Apply
from sandbox.partners.southwest.strict import strict_json

AT = datetime(2026, 11, 23, 15, 30, tzinfo=CHINA)
PERSON = Person(
    type=ApplicantType.PERSONAL, name="张三", id_type=IdType.RESIDENT, id_number="11010519491231002X", phone="1380"
)
MATERIAL = SentMaterial(seq=1, name="申请表", form=MaterialForm.FORM)


def submission(region: str, form: FilledForm | None) -> Command:
    body = Submission(
        item_code="YZ-MPS-001", item_name="居民身份证换领", mode=Mode.COLLECT, window=WINDOW, applicant=PERSON,
        agent=None, materials=(MATERIAL,), parcel=None, submitted_at=AT, form=form,
    )  # fmt: skip
    handling = HandlingRef(handling_no="500103202611230000013", region=region, item_code="YZ-MPS-001")
    return Command(key="k-submit-1", kind=CommandKind.SUBMIT, handling=handling, body=body)


def sent_to_sichuan(form: FilledForm | None) -> bytes:
    return sichuan.render(submission("511602", form), "500103").body


def heard_in_sichuan(sent: bytes):
    said = schema.Submission.model_validate(schema.strict_json(sent))
    return said.form.model_dump() if said.form else None


def sent_to_southwest(form: FilledForm | None) -> bytes:
    return southwest.render(submission("520102", form), row_guid="g", written_at=AT, our_region="500103")


def heard_in_southwest(sent: bytes):
    said = Apply.model_validate(strict_json(sent[:-1])["data"])
    return said.form.model_dump() if said.form else None


def sent_through_the_gateway(form: FilledForm | None) -> bytes:
    return data_part([record_of(submission("440103", form), AT)])


def heard_behind_the_gateway(sent: bytes):
    head = Head(fsdw="500103000000", jsdw="440000000000", ywxtbh="5" * 32, fssj="20261123153000")
    root = wire.read_package(information(head, sent))
    (record,) = wire.read_records(root)
    return records.submission(record, []).form


WIRES = [
    pytest.param(sent_to_sichuan, heard_in_sichuan, id="A"),
    pytest.param(sent_to_southwest, heard_in_southwest, id="B"),
    pytest.param(sent_through_the_gateway, heard_behind_the_gateway, id="C"),
]
wires = pytest.mark.parametrize(("send", "hear"), WIRES)

# What our own strict reading lets in: any character but NUL and lone surrogates.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
value = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
answers = st.recursive(value, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4))
forms = st.builds(
    FilledForm,
    version=text.filter(bool),
    answers=st.dictionaries(text, answers, max_size=6),
    lines=st.lists(
        st.builds(
            FormLine, section=text, label=text.filter(bool), value=text, personal=st.none() | st.sampled_from(Personal)
        ),
        max_size=6,
    ).map(tuple),
)


@wires
@settings(max_examples=150, deadline=None)
@given(form=forms)
def test_any_form_arrives_as_it_was_filled_in(send, hear, form):
    sent = send(form)
    heard = hear(sent)
    assert FilledForm.model_validate(heard) == form
    assert theirs(heard) == canonical(form_json(form)).encode()
    assert send(form) == sent  # rendered again it is the same: one content under one key


@wires
def test_a_case_without_a_form_is_sent_as_it_always_was(send, hear):
    sent = send(None)
    assert b'"form":{' not in sent and b"<BD>" not in sent
    assert hear(sent) is None


def of_size(size: int) -> FilledForm:
    empty = FilledForm(version="1", answers={"a": ""}, lines=())
    return empty.model_copy(update={"answers": {"a": "x" * (size - len(canonical(form_json(empty))))}})


@wires
def test_a_form_over_the_limit_stays_here_and_the_submission_goes(send, hear):
    assert FilledForm.model_validate(hear(send(of_size(MAX_FORM_BYTES)))) == of_size(MAX_FORM_BYTES)
    assert send(of_size(MAX_FORM_BYTES + 1)) == send(None)


def test_canonical_is_the_same_for_the_same_answers_in_another_order():
    one = FilledForm(version="1", answers={"b": {"y": 1, "x": [{"d": 1, "c": 2}]}, "a": 1}, lines=())
    other = FilledForm(version="1", answers={"a": 1, "b": {"x": [{"c": 2, "d": 1}], "y": 1}}, lines=())
    assert canonical(form_json(one)) == canonical(form_json(other))
    assert canonical(form_json(one)) == '{"answers":{"a":1,"b":{"x":[{"c":2,"d":1}],"y":1}},"lines":[],"version":"1"}'


@wires
def test_the_largest_submission_fits_the_wires(send, hear, monkeypatch):
    """Sixty materials with the longest names beside the longest form: within 256 kB, 2 MB on C."""
    many = tuple(SentMaterial(seq=n, name="料" * 200, form=MaterialForm.COPY, sha256="a" * 64) for n in range(1, 61))
    monkeypatch.setattr(f"{__name__}.MATERIAL", many[0])
    command = submission("511602", of_size(MAX_FORM_BYTES))
    whole = command.model_copy(update={"body": command.body.model_copy(update={"materials": many})})
    assert len(sichuan.render(whole, "500103").body) < 256 * 1024
    assert len(southwest.render(whole, row_guid="g", written_at=AT, our_region="500103")) < 256 * 1024
    assert len(data_part([record_of(whole, AT)])) < 2 * 1024 * 1024


@wires
@pytest.mark.parametrize(
    "form",
    [
        {"version": "1", "answers": [], "lines": []},
        {"version": 1, "answers": {}, "lines": []},
        {"version": "1", "answers": {}, "lines": [{"section": "", "label": "x"}]},
        {"version": "1", "answers": {}},
    ],
)
def test_the_played_partners_refuse_a_form_out_of_form(send, hear, form):
    good = FilledForm(version="1", answers={}, lines=())
    said = json.dumps(form, separators=(",", ":"))
    sent = send(good).replace(canonical(form_json(good)).encode(), said.encode())
    assert said.encode() in sent
    with pytest.raises((ValueError, wire.Refused)):
        hear(sent)


@pytest.mark.parametrize("inside", ['{"a":1,"a":2}', '{"a":NaN}', '{"a":', "[]"])
def test_the_played_gateway_reads_the_form_strictly(inside):
    good = FilledForm(version="1", answers={}, lines=())
    sent = sent_through_the_gateway(good).replace(b'"answers":{}', f'"answers":{inside}'.encode())
    with pytest.raises(wire.Refused):
        heard_behind_the_gateway(sent)


def test_a_gateway_of_the_contract_as_it_was_takes_a_submission_with_a_form(monkeypatch):
    """The others are the peers of the partners' pages, which tests/contract runs as they stand."""
    monkeypatch.setattr(records, "filled_form", lambda _: None)
    form = FilledForm(version="1", answers={"a": "b"}, lines=())
    assert heard_behind_the_gateway(sent_through_the_gateway(form)) is None

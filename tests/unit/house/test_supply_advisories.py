"""Advisories: the dated copy is judged offline; what is not known is said, and a waiver has a reason and an end."""

import json
import threading
import zipfile
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.supply import advisories
from deploy.supply.advisories import Copy, Waiver, judge, take, written
from deploy.supply.inventory import Component, Fault, Kind, Scope, everything
from deploy.supply.osv import Advisory, Archives, Server
from runtime.ports import free_port

TODAY = date(2026, 11, 29)
THING = Component("thing", "2.3.1", Kind.PYTHON, Scope.SHIPPED, "pkg:pypi/thing@2.3.1", ecosystem="PyPI")
ENGINE = Component("Engine", "1.5.1", Kind.PROGRAM, Scope.BESIDE, "pkg:golang/e.x/e@v1.5.1", ecosystem="Go:e.x/e")


def advisory(*events, versions=(), name="thing", ecosystem="PyPI", **more):
    kind = "ECOSYSTEM" if ecosystem == "PyPI" else "SEMVER"
    ranges = [{"type": kind, "events": list(events)}] if events else []
    package = {"ecosystem": ecosystem, "name": name}
    affected = [{"package": package, "ranges": ranges, "versions": list(versions)}]
    return {"id": "GHSA-1", "aliases": ["CVE-2026-1"], "summary": "Reads what it must not", "affected": affected} | more


def copy_with(*raw, taken_on=TODAY):
    return Copy(taken_on=taken_on, about={"PyPI/thing": tuple(Advisory.model_validate(one) for one in raw)})


def waiver(**more):
    given = {
        "advisory": "CVE-2026-1",
        "package": "thing",
        "decided_on": TODAY,
        "until": TODAY,
        "reason": "never called",
    }
    return Waiver.model_validate(given | more)


def faults(*raw, waived=(), today=TODAY):
    return list(judge([THING], copy_with(*raw), waived, today).faults)


SINCE_2 = ({"introduced": "2.0"}, {"fixed": "2.3.2"})


@pytest.mark.parametrize(
    ("events", "versions", "hit"),
    [
        (SINCE_2, (), True),
        (({"introduced": "0"}, {"fixed": "2.3.1"}), (), False),
        (({"introduced": "0"}, {"last_affected": "2.3.1"}), (), True),
        (({"introduced": "0"}, {"last_affected": "2.3.0"}), (), False),
        (({"introduced": "2.4"},), (), False),
        (({"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "2.3.0"}, {"fixed": "2.10"}), (), True),
        (({"fixed": "2.10"}, {"introduced": "2.9"}), (), False),
        ((), ("2.3.0", "2.3.1"), True),
        ((), ("2.3.0",), False),
        ((), (), True),
        (({"introduced": "0"}, {"fixed": "two"}), (), True),
    ],
)
def test_a_version_is_within_a_range_as_osv_means_it(events, versions, hit):
    assert bool(faults(advisory(*events, versions=versions))) is hit


def test_a_known_advisory_is_red_and_says_what_and_where():
    (line,) = faults(advisory(*SINCE_2))
    assert line == "thing 2.3.1 (shipped): GHSA-1 CVE-2026-1 Reads what it must not"


def test_one_that_was_withdrawn_or_is_about_another_package_is_none():
    assert faults(advisory(*SINCE_2, withdrawn="2026-11-01T00:00:00Z")) == []
    assert faults(advisory(*SINCE_2, name="other")) == []


def test_names_are_compared_as_their_registry_does():
    assert Advisory.model_validate(advisory(*SINCE_2, name="Some.Thing")).concerns("PyPI", "some-thing", "2.3.1")
    assert not Advisory.model_validate(advisory(*SINCE_2, name="E.x/e", ecosystem="Go")).concerns(
        "Go", "e.x/e", "2.3.1"
    )


def test_a_program_of_another_registry_is_judged_alike():
    raw = advisory({"introduced": "1.5.0"}, {"fixed": "1.5.2"}, name="e.x/e", ecosystem="Go")
    copy = Copy(taken_on=TODAY, about={"Go/e.x/e": (Advisory.model_validate(raw),)})
    assert len(judge([ENGINE], copy, (), TODAY).faults) == 1


def test_a_waiver_holds_until_its_day():
    assert faults(advisory(*SINCE_2), waived=[waiver()]) == []
    late = faults(advisory(*SINCE_2), waived=[waiver()], today=TODAY + timedelta(days=1))
    assert any("ended on 2026-11-29" in line for line in late)
    assert any("GHSA-1" in line for line in late)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"reason": " "}, "has no reason"),
        ({"until": TODAY + timedelta(days=181)}, "over 180 days"),
        ({"until": TODAY - timedelta(days=1)}, "before its decision"),
        ({"package": "other"}, "waives nothing"),
        ({"advisory": "CVE-2026-2"}, "waives nothing"),
    ],
)
def test_a_waiver_is_for_something_has_a_reason_and_an_end(more, says):
    assert any(says in line for line in faults(advisory(*SINCE_2), waived=[waiver(**more)]))


def test_what_is_not_known_is_never_taken_for_clean():
    assert "NOT CHECKED" in judge([THING], Copy(), (), TODAY).notes[0]
    fresh = judge([THING, ENGINE], copy_with(), (), TODAY)
    assert fresh.notes == ("advisories: NOT CHECKED, never asked about Go/e.x/e: run make advisories",)
    thirty = copy_with(taken_on=TODAY - timedelta(days=30))
    assert judge([THING], thirty, (), TODAY).notes == ()
    assert "older than 30 days" in judge([THING], thirty, (), TODAY + timedelta(days=1)).notes[0]


def test_the_copy_of_this_house_is_judged_and_stops_nobody():
    assert judge(everything(), advisories.copied(), advisories.waivers(), TODAY).faults == ()


@pytest.fixture
def osv():
    """An OSV server of two pages, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, question))
            known = question["package"] == {"ecosystem": "PyPI", "name": "thing"}
            first = {"vulns": [advisory(*SINCE_2)], "next_page_token": "2"}
            second = {"vulns": [advisory(*SINCE_2, id="GHSA-2")]}
            answer = (second if "page_token" in question else first) if known else {}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_server_is_asked_page_by_page_about_every_version(osv):
    url, asked = osv
    copy = take([THING, ENGINE], Server(url), TODAY)
    assert [one.id for one in copy.about["PyPI/thing"]] == ["GHSA-1", "GHSA-2"]
    assert copy.about["Go/e.x/e"] == ()
    assert {path for path, _ in asked} == {"/v1/query"}
    assert all("version" not in question for _, question in asked)
    kept = Copy.model_validate_json(written(copy))
    assert kept == copy
    assert len(judge([THING, ENGINE], kept, (), TODAY).faults) == 2


def test_a_server_that_is_not_there_leaves_the_copy_as_it_was(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(advisories, "COPY", tmp_path / "advisories.json")
    monkeypatch.setenv("ADVISORIES_URL", f"http://127.0.0.1:{free_port()}")
    assert advisories.main(["take"]) == 1
    assert not (tmp_path / "advisories.json").exists()
    assert "the copy stays as it was" in capsys.readouterr().err


def test_archives_that_were_carried_in_give_the_same_and_are_as_old_as_they_are(tmp_path):
    with zipfile.ZipFile(tmp_path / "PyPI.zip", "w") as archive:
        archive.writestr("GHSA-1.json", json.dumps(advisory(*SINCE_2, modified="2026-09-30T10:00:00Z")))
        archive.writestr("GHSA-3.json", json.dumps(advisory(*SINCE_2, name="other", modified="2026-10-02T10:00:00Z")))
    copy = take([THING], Archives(tmp_path), TODAY)
    assert copy.taken_on == date(2026, 10, 2)
    assert [one.id for one in copy.about["PyPI/thing"]] == ["GHSA-1"]
    assert "older than 30 days" in judge([THING], copy, (), TODAY).notes[0]
    with pytest.raises(Fault, match=r"Go\.zip is not there"):
        take([THING, ENGINE], Archives(tmp_path), TODAY)


def test_strict_is_red_where_something_is_only_told_otherwise(monkeypatch, tmp_path, capsys):
    (tmp_path / "advisories.json").write_text("{}")
    monkeypatch.setattr(advisories, "copied", lambda: Copy())
    assert advisories.main([]) == 0
    assert advisories.main(["--strict"]) == 1
    assert "NOT CHECKED" in capsys.readouterr().out

"""What we are built on is listed with a licence that somebody has judged; what is unknown or has changed is red."""

import dataclasses
import shutil

import pytest

from deploy.supply import licences
from deploy.supply.inventory import HOUSE, Component, Fault, Kind, Scope, everything, locked, others, python_packages

MIT = licences.Recorded(version="1.0", stated="MIT", licence="MIT")


def package(name="thing", scope=Scope.SHIPPED):
    return Component(name, "1.0", Kind.PYTHON, scope, f"pkg:pypi/{name}@1.0", ecosystem="PyPI")


def rules(**more):
    return licences.Judgements.model_validate(
        {"allowed": {"MIT": "r", "Apache-2.0": "r"}, "exception": [], "words": {"MIT License": "MIT"}, "by_hand": {}}
        | more
    )


def told(licence, scope=Scope.SHIPPED, **more):
    known = {"thing": MIT.model_copy(update={"licence": licence})}
    return list(licences.faults([package(scope=scope)], known, rules(**more)))


def test_every_licence_is_known_and_allowed_and_the_page_says_so():
    assert licences.check() == []


def test_everything_that_is_pinned_is_listed():
    pinned = set()
    for name in ("requirements.lock", "deploy/requirements.lock", "deploy/locking.lock"):
        lines = (HOUSE / name).read_text("utf-8").splitlines()
        pinned |= {line.split("==")[0] for line in lines if "==" in line and line[0].isalpha()}
    page = licences.PAGE.read_text("utf-8")
    assert len(pinned) > 100
    assert [name for name in pinned if f"| {name} |" not in page] == []
    for name in ("swagger-ui-dist", "zxing-wasm", "Noto Sans SC", "Temporal Server", "PostgreSQL image", "axe-core"):
        assert f"| {name} |" in page


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("Apache-2.0 AND (GPL-3.0-only OR MIT)", True),
        ("MIT AND (GPL-3.0-only OR AGPL-3.0-only)", False),
        ("Apache-2.0 WITH LLVM-exception", False),
    ],
)
def test_an_expression_is_read_as_spdx_means_it(licence, allowed):
    assert (told(licence) == []) is allowed


@pytest.mark.parametrize("licence", ["", "UNKNOWN", "Proprietary", "MIT License", "MIT AND"])
def test_what_is_no_licence_that_spdx_has_is_unknown(licence):
    assert "unknown licence" in told(licence)[0]


def test_an_exception_is_for_one_package_in_one_scope():
    excepted = {"name": "thing", "licence": "MPL-2.0", "scope": "workshop", "reason": "tests only"}
    assert told("MPL-2.0", Scope.WORKSHOP, exception=[excepted]) == []
    assert told("MPL-2.0", Scope.SHIPPED, exception=[excepted]) == [
        "thing 1.0 (shipped): MPL-2.0 is neither allowed nor excepted",
        "judgements.toml: thing (workshop) is excepted and not used there",
    ]


def test_another_version_has_to_be_recorded_anew():
    newer = dataclasses.replace(package(), version="2.0")
    assert "licence not recorded" in next(licences.faults([newer], {"thing": MIT}, rules()))


def test_a_package_that_says_something_else_than_was_recorded_is_told(monkeypatch):
    monkeypatch.setattr(licences, "stated_by", lambda name: ("1.0", ["GPL-3.0-only"]))
    assert "recorded was 'MIT'" in next(licences.faults([package()], {"thing": MIT}, rules()))


def test_words_that_can_mean_several_licences_are_not_guessed(monkeypatch):
    monkeypatch.setattr(licences, "stated_by", lambda name: ("1.0", ["BSD License"]))
    with pytest.raises(Fault, match="unknown licence"):
        licences.read_off(package(), {}, rules())
    by_hand = {"thing": {"licence": "BSD-3-Clause", "read_in": "LICENSE"}}
    assert licences.read_off(package(), {}, rules(by_hand=by_hand)).licence == "BSD-3-Clause"


def test_what_is_not_installed_here_keeps_its_record_of_this_version_only(monkeypatch):
    monkeypatch.setattr(licences, "stated_by", lambda name: None)
    assert licences.read_off(package(), {"thing": MIT}, rules()) == MIT
    with pytest.raises(Fault):
        licences.read_off(dataclasses.replace(package(), version="2.0"), {"thing": MIT}, rules())


def test_a_pin_without_hash_is_refused():
    with pytest.raises(Fault, match="not pinned"):
        list(locked("thing==1.0\nother==2.0 \\\n    --hash=sha256:" + "0" * 64 + "\n", Scope.SHIPPED))


def test_what_the_image_has_counts_as_shipped_though_the_workshop_has_it_too():
    scopes = {one.name: one.scope for one in python_packages()}
    assert (scopes["fastapi"], scopes["pytest"], scopes["uv"]) == (Scope.SHIPPED, Scope.WORKSHOP, Scope.WORKSHOP)


@pytest.fixture
def copy_of_the_house(tmp_path):
    files = {"web/static/vendor/VENDOR.toml", "deploy/Dockerfile", "docker-compose.yml"}
    files |= {name for one in others() for name, _ in one.sha256}
    files |= {"logistics/fonts/__init__.py", "runtime/sdk_download.py", "bench/real_server.py"}
    files |= {"tests/time_skipping.py", "tests/s3_server.py", "tests/oidc_server.py"}
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOUSE / name, tmp_path / name)
    return tmp_path


def test_a_vendored_file_that_was_changed_is_told(copy_of_the_house):
    assert len(others(copy_of_the_house)) == len(others())
    font = copy_of_the_house / "logistics" / "fonts" / "NotoSansSC-Regular.ttf"
    font.write_bytes(font.read_bytes() + b"\0")
    with pytest.raises(Fault, match=r"NotoSansSC-Regular\.ttf is not the file"):
        others(copy_of_the_house)


def test_a_program_whose_version_moves_on_has_to_be_listed_anew(copy_of_the_house):
    pinned = copy_of_the_house / "runtime" / "sdk_download.py"
    pinned.write_text(pinned.read_text().replace("1.5.1", "1.6.0"))
    with pytest.raises(Fault, match=r"Temporal CLI 1\.5\.1"):
        others(copy_of_the_house)


def test_nothing_is_listed_twice():
    names = [one.purl for one in everything()]
    assert len(names) == len(set(names))

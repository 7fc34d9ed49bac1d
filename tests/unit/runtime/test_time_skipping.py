"""The search for the time-skipping test server; its download meets a stand-in, Maven Central is live where reached."""

from datetime import timedelta

import pytest

from domain.errors import Misconfigured
from runtime.keys import KeyRing
from tests.borders import engines_of_our_own
from tests.time_skipping import VARIABLE, cached_test_server, find_test_server, time_skipping_environment

NO_DOWNLOAD = ("sh", "-c", "echo no route to host; exit 1")
MAVEN = """
for word in "$@"; do case "$word" in -DoutputDirectory=*) out=${word#*=};; esac; done
mkdir -p "$out"; touch "$out/temporal-test-server-1.38.0.jar" "$out/slf4j-nop-2.0.17.jar"
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def _not_named(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_variable_wins(only_on_path, said, monkeypatch):
    program = only_on_path("server", "exit 0")
    monkeypatch.setenv(VARIABLE, str(program))
    assert find_test_server(said.append) == program


def test_a_variable_that_names_no_program_is_an_error(only_on_path, said, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(Misconfigured, match=f"{VARIABLE}: .* is not a program"):
        find_test_server(said.append)


def test_the_download_is_kept(only_on_path, said):
    found = find_test_server(said.append, sdk_command=("sh", "-c", 'echo x > "$0/server"'))
    assert found == cached_test_server()
    assert find_test_server(said.append, sdk_command=NO_DOWNLOAD) == found


def test_maven_brings_jars_and_a_starter(only_on_path, said):
    only_on_path("mvn", MAVEN)
    only_on_path("java", "exit 0")
    found = find_test_server(said.append, sdk_command=NO_DOWNLOAD)
    jars = found.with_name(f"{found.name}.jars")
    assert (jars / "temporal-test-server-1.38.0.jar").exists()
    assert f"-cp '{jars}/*' io.temporal.testserver.TestServer" in found.read_text()
    assert find_test_server(said.append, sdk_command=NO_DOWNLOAD) == found


def test_a_folder_of_jars_without_its_starter_is_made_again(only_on_path, said):
    only_on_path("mvn", MAVEN)
    only_on_path("java", "exit 0")
    left = cached_test_server().with_name(f"{cached_test_server().name}.jars")
    left.mkdir(parents=True)
    (left / "half.jar").touch()
    find_test_server(said.append, sdk_command=NO_DOWNLOAD)
    assert not (left / "half.jar").exists()


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        ({}, "no `mvn` on the PATH"),
        ({"mvn": MAVEN}, "no `java` on the PATH"),
        ({"mvn": "echo out of reach; exit 1", "java": "exit 0"}, "out of reach"),
        ({"mvn": "exit 0", "java": "exit 0"}, "Maven left no test server"),
    ],
)
def test_when_nothing_works_the_error_says_what_to_do(only_on_path, said, programs, why):
    for name, script in programs.items():
        only_on_path(name, script)
    with pytest.raises(Misconfigured) as fault:
        find_test_server(said.append, sdk_command=NO_DOWNLOAD)
    told = fault.value.sentence
    assert "SDK download: no route to host" in told
    assert f"Maven Central: {why}" in told
    assert "apt-get install default-jre-headless maven" in told
    assert not cached_test_server().exists()


@pytest.mark.timeskipping
async def test_weeks_pass_in_a_moment(said):
    ring = KeyRing.model_validate("k:" + "A" * 43 + "=")
    with engines_of_our_own():
        environment = await time_skipping_environment(ring, said.append)
    try:
        before = await environment.get_current_time()
        await environment.sleep(timedelta(days=20))
        assert await environment.get_current_time() - before >= timedelta(days=20)
    finally:
        await environment.shutdown()

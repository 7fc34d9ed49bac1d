"""Finding the time-skipping test server, with which tests let weeks of a case pass in seconds.

TEMPORAL_TEST_SERVER → the one fetched earlier → the SDK's own download → Maven Central where Maven and Java are
there → an error that says what to do. Not part of a running installation.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from domain.errors import Misconfigured
from runtime.fetching import (
    Patience,
    Say,
    cache_dir,
    draft_folder,
    fetch_program,
    fetching_alone,
    run_with_progress,
)
from runtime.keys import KeyRing
from runtime.temporal import data_converter, settle_at_exit

TEST_SERVER_VERSION = "1.38.0"
VARIABLE = "TEMPORAL_TEST_SERVER"

_STARTUP = timedelta(seconds=40)  # a cold Java on two busy cores
_SDK_PATIENCE = Patience(total_s=600, stall_s=10)
_MAVEN_PATIENCE = Patience(total_s=900)

_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kuayu</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId>
      <version>{TEST_SERVER_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version></dependency>
  </dependencies>
</project>
"""

_REMEDY = f"""\
Do one of these and start again:
  - install Java 17 and Maven (Debian: apt-get install default-jre-headless maven), so that it comes from Maven Central
  - set {VARIABLE} to a program that starts the test server
  - allow this machine to reach temporal.download"""


def cached_test_server() -> Path:
    """The fetched program: the SDK's own or a starter beside a folder of jars."""
    return cache_dir() / f"temporal-test-server-{TEST_SERVER_VERSION}"


def find_test_server(
    say: Say,
    *,
    sdk_command: Sequence[str] = (sys.executable, "-m", "runtime.sdk_download", "time-skipping"),
    sdk_patience: Patience = _SDK_PATIENCE,
) -> Path:
    """The test server's program, fetched if need be; `say` gets progress lines.

    Raises Misconfigured: at once when TEMPORAL_TEST_SERVER is no program, else with what was tried and a remedy.
    """
    if named := os.environ.get(VARIABLE):
        if os.access(named, os.X_OK) and Path(named).is_file():
            return Path(named)
        raise Misconfigured(f"{VARIABLE}: {named} is not a program")
    if cached_test_server().is_file():
        return cached_test_server()
    with fetching_alone(say) as folder:
        if cached_test_server().is_file():  # another process brought it while we waited
            return cached_test_server()
        say("downloading the time-skipping test server, once for this machine")
        by_sdk = fetch_program(
            lambda draft: ([*sdk_command, str(draft)], os.environ),
            cached_test_server(),
            patience=sdk_patience,
            label="downloading the test server",
            say=say,
        )
        if not by_sdk:
            return cached_test_server()
        by_maven = _by_maven(folder, say)
        if not by_maven:
            return cached_test_server()
    raise Misconfigured(
        "No time-skipping test server was found, and none could be fetched:\n"
        f"  {VARIABLE}: not set\n  SDK download: {by_sdk}\n  Maven Central: {by_maven}\n{_REMEDY}"
    )


def _by_maven(folder: Path, say: Say) -> str | None:
    """None when jars and starter are in the cache now, else why not."""
    maven, java = shutil.which("mvn"), shutil.which("java")
    if not maven or not java:
        return "no `mvn` on the PATH" if not maven else "no `java` on the PATH"
    say("no download; getting the test server from Maven Central, once for this machine")
    with draft_folder(folder) as draft:
        (draft / "pom.xml").write_text(_POM)
        jars = draft / "jars"
        argv = [maven, "-B", "-ntp", "-q", "-f", str(draft / "pom.xml"), "dependency:copy-dependencies"]
        argv += [f"-DoutputDirectory={jars}", "-DincludeScope=runtime"]
        label = "getting the test server from Maven Central"
        fault = run_with_progress(argv, env=os.environ, watch=draft, patience=_MAVEN_PATIENCE, label=label, say=say)
        if fault:
            return fault
        if not any(jars.glob("temporal-test-server-*.jar")):
            return "Maven left no test server"
        _keep_jars(jars)
    return None


def _keep_jars(jars: Path) -> None:
    """The starter is moved into place last: it is there only when its jars are."""
    home = cached_test_server().with_name(f"{cached_test_server().name}.jars")
    if home.exists():
        shutil.rmtree(home)
    jars.rename(home)
    starter = home / "start"
    classpath = shlex.quote(f"{home}/*")
    starter.write_text(
        "#!/bin/sh\n"
        f'exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp {classpath} io.temporal.testserver.TestServer "$@"\n'
    )
    starter.chmod(0o755)
    starter.rename(cached_test_server())


async def time_skipping_environment(keys: KeyRing, say: Say) -> WorkflowEnvironment:
    """A fresh environment with a clock of its own, with the product's data converter; shut it down after use."""
    settle_at_exit()
    return await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter(keys),
        test_server_existing_path=str(find_test_server(say)),
        test_server_startup_timeout=_STARTUP,
    )

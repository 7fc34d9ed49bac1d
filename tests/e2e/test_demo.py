"""`make demo`, as a person would run it; here on PostgreSQL, so that every story has run on both databases."""

import os
import subprocess
import sys

import pytest

from demo.stories import STORIES

pytestmark = pytest.mark.e2e


def test_every_story_ends_as_it_should_on_both_sides(postgresql_url):
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        env={**os.environ, "DEMO_DATABASE_URL": postgresql_url},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert f"{len(STORIES)} of {len(STORIES)} cases ended as they should" in done.stdout
    assert all(story.title in done.stdout for story in STORIES)

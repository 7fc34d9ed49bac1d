"""No secret is in the files or in the history: planted ones are found, wherever they are, and never shown."""

import subprocess

import pytest

from deploy.supply import leaks
from deploy.supply.leaks import Found, Public, entropy, hidden, in_files, in_history, secrets_in
from tests.unit.house.pages import HOUSE

# Put together here, so that this file has none itself.
CHANCE = "q7Rz" + "L2vX9pWm4TkB8sYd"
OURS = "k9Zt3QmW" + "x7Lp2VrN8sYd5HjB1cKf4TgM6bQwE0aUoIi=".rjust(36, "z")
PLANTED = {
    "private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n",
    "cloud key": "AK" + "IAIOSFODNN7EXAMPLE",
    "token of a service": "gh" + "p_" + "a1B2c3D4e5F6" * 3,
    "signed token": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3.c2lnbmF0dXJl",
    "password in an address": "postgresql+psycopg://kuayu:" + CHANCE + "@db/kuayu",
    "key of ours": "one:" + OURS,
    "called a secret": "api_" + f'key = "{CHANCE}"',
    "setting": "COURIER_" + f"KEY={CHANCE}",
}


def git(folder, *args):
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "plain.py").write_text("limit = 5\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_make_check_looks_through_all_of_it():
    """Once: files and history take seconds."""
    recipe = (HOUSE / "Makefile").read_text("utf-8").split("\ncheck: ")[1].split("\n\n")[0]
    assert "\t$(BIN)/python -m deploy.supply\n" in recipe


def test_make_check_is_red_with_a_planted_secret(repository, monkeypatch):
    monkeypatch.setattr(leaks, "publics", lambda: ())
    assert leaks.check(repository) == ([], [])
    (repository / "settings.txt").write_text(PLANTED["setting"] + "\n")
    assert leaks.check(repository)[0][0].startswith("secret in settings.txt: setting")


@pytest.mark.parametrize("rule", leaks.RULES)
def test_a_planted_secret_is_found_in_a_file_before_it_is_added(repository, rule):
    (repository / "settings.txt").write_text(PLANTED[rule] + "\n")
    assert ("settings.txt", rule) in {(one.path, one.rule) for one in in_files(repository)}


@pytest.mark.parametrize("rule", leaks.RULES)
def test_one_that_was_taken_out_again_is_found_in_the_history(repository, rule):
    (repository / "settings.txt").write_text(PLANTED[rule] + "\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "with it")
    git(repository, "rm", "--quiet", "settings.txt")
    git(repository, "commit", "--quiet", "-m", "without it")
    assert in_files(repository) == set()
    assert ("settings.txt", rule) in {(one.path, one.rule) for one in in_history(repository)}


def test_one_in_a_message_is_found(repository):
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "Log in\n\n" + PLANTED["cloud key"])
    assert [one.rule for one in in_history(repository)] == ["cloud key"]


def test_one_that_a_merge_brought_is_found(repository):
    git(repository, "checkout", "--quiet", "-b", "side")
    (repository / "plain.py").write_text("limit = 6\n")
    git(repository, "commit", "--quiet", "-am", "side")
    git(repository, "checkout", "--quiet", "-")
    (repository / "plain.py").write_text("limit = 7\n")
    git(repository, "commit", "--quiet", "-am", "main")
    subprocess.run(["git", "merge", "--quiet", "side"], cwd=repository, check=False, capture_output=True)
    (repository / "plain.py").write_text(PLANTED["called a secret"] + "\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "merged")
    (repository / "plain.py").write_text("limit = 8\n")
    git(repository, "commit", "--quiet", "-am", "after")
    assert [one.rule for one in in_history(repository)] == ["called a secret"]


def test_what_git_leaves_out_is_nobodys_to_find(repository):
    (repository / ".gitignore").write_text(".env\n")
    (repository / ".env").write_text(PLANTED["setting"] + "\n")
    assert in_files(repository) == set()


@pytest.mark.parametrize(
    "text",
    [
        'password = "the password of the user"',
        'token = "csrf_token_of_form"',
        'key = f"{partner}/{number}"',
        "postgresql+psycopg://kuayu:${POSTGRES_PASSWORD}@postgres/kuayu",
        '{"secret": "正在更换密钥，会自动再试一次。"}',
        "# COURIER_KEY=",
    ],
)
def test_words_and_places_for_a_secret_are_none(text):
    assert list(secrets_in(text)) == []


def test_another_value_at_a_public_place_is_found():
    public = Public(reason="a sample", sha256=("0123456789abcdef",))
    same, other = Found("a", "setting", "0123456789abcdef"), Found("a", "setting", "fedcba9876543210")
    assert hidden([same, other], [public]) == ([str(other)], {public})


def test_every_public_one_has_its_reason():
    assert all(len(one.reason) > 20 for one in leaks.publics())


def test_a_secret_is_never_shown(repository, monkeypatch, capsys):
    (repository / "settings.txt").write_text(PLANTED["setting"] + "\n")
    monkeypatch.setattr(leaks, "check", lambda: (hidden(in_files(repository), [])[0], []))
    assert leaks.main() == 1
    said = capsys.readouterr().out
    assert "settings.txt" in said
    assert CHANCE not in said


def test_a_shallow_clone_is_told(repository, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "second")
    git(clone.parent, "clone", "--quiet", "--depth", "1", repository.as_uri(), str(clone))
    assert leaks.is_whole(repository)
    assert not leaks.is_whole(clone)


def test_bits_a_character_are_those_of_shannon():
    assert (entropy("aaaaaaaa"), entropy("abababab"), entropy("abcdefgh")) == (0, 1, 3)


def test_ci_has_the_whole_history():
    assert "fetch-depth: 0" in (HOUSE / ".github" / "workflows" / "ci.yml").read_text("utf-8")

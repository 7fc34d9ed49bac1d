import base64
import os
import warnings
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from domain.terms import Role
from runtime.claim import claimed
from runtime.settings import UP_DEFAULTS, MisspeltSetting, Settings, load_settings, misspelt, variables

REAL = {
    "CODEC_KEYS": "c1:" + base64.b64encode(b"c" * 32).decode(),
    "SEAL_KEYS": "s1:" + base64.b64encode(b"s" * 32).decode(),
    "SICHUAN_BASE_URL": "https://sc.example/gateway/",
    "SICHUAN_OUR_APP": "cq",
    "SICHUAN_PARTNER_APP": "sc",
    "SICHUAN_OUR_KEYS": "our-secret-key",
    "SICHUAN_PARTNER_KEYS": "their-secret-key",
    "SOUTHWEST_HUB_URL": "https://hub.example",
    "SOUTHWEST_APP_ID": "cqyz",
    "SOUTHWEST_TENANCY": "500103000000",
    "SOUTHWEST_OUR_CERTS": "1:" + "ab" * 32,
    "SOUTHWEST_PARTNER_KEYS": "53:04aa,52:04bb",
    "INTERPROVINCIAL_GATEWAY_URL": "https://gjzwfw.example",
    "INTERPROVINCIAL_PAASID": "p",
    "INTERPROVINCIAL_TOKEN": "t",
    "INTERPROVINCIAL_SID": "s",
    "INTERPROVINCIAL_RID": "r",
    "INTERPROVINCIAL_APP_KEY": "k",
    "INTERPROVINCIAL_SQZCM": "z",
    "INTERPROVINCIAL_FSDW": "500103000000",
    "COURIER_BASE_URL": "https://ems.example",
    "COURIER_KEY": "k",
}


@pytest.fixture
def real(monkeypatch, tmp_path):
    for name, value in {**REAL, "DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def test_the_sandbox_needs_nothing_said(tmp_path):
    settings = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/kuayu.db"
    assert settings.sichuan.base_url == "http://127.0.0.1:8010"
    assert settings.courier.base_url == "http://127.0.0.1:8011"
    assert settings.temporal_target == "127.0.0.1:7233"
    assert settings.web_url == "http://127.0.0.1:8000"
    assert not settings.demo_users


def test_the_sandbox_is_off_unless_somebody_turns_it_on(real):
    settings = load_settings(None)
    assert not settings.sandbox
    assert settings.sichuan.base_url == "https://sc.example/gateway"
    keys = [(one.serial, one.text.get_secret_value()) for one in settings.southwest.partner_keys]
    assert keys == [("53", "04aa"), ("52", "04bb")]


def test_without_the_sandbox_every_missing_variable_is_named(tmp_path):
    with pytest.raises(Misconfigured) as fault:
        load_settings(None, data_dir=tmp_path)
    for name in REAL:
        assert name in fault.value.sentence


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_single_missing_variable_is_named_alone(real, monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(Misconfigured) as fault:
        load_settings(None)
    assert f"  {name}: missing" in fault.value.sentence
    assert [other for other in REAL if f"  {other}: " in fault.value.sentence] == [name]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PORT", "eight thousand"),
        ("PORT", "70000"),
        ("SICHUAN_BASE_URL", "sc.example"),
        ("SICHUAN_ALG", "MD5-secret"),
        ("SOUTHWEST_TENANCY", "5001030000001x"),
        ("SOUTHWEST_PARTNER_KEYS", "no-serial-secret"),
        ("SOUTHWEST_PARTNER_KEYS", "1:aa,1:bb"),
        ("CODEC_KEYS", "c1:c2VjcmV0"),
        ("SEAL_KEYS", "nothing-secret"),
        ("TIME_SCALE", "0.5"),
        ("WORKER_THREADS", "0"),
        ("SICHUAN_OUR_KEYS", "secret@2026-01-01"),
        ("SICHUAN_OUR_KEYS", "a,b,c-secret"),
    ],
)
def test_a_wrong_value_is_named_and_never_shown(real, monkeypatch, name, wrong):
    monkeypatch.setenv(name, wrong)
    with pytest.raises(Misconfigured) as fault:
        load_settings(None)
    assert f"  {name}: " in fault.value.sentence
    assert wrong not in fault.value.sentence
    assert "secret" not in fault.value.sentence


@pytest.mark.parametrize(("name", "value"), [("TIME_SCALE", "60"), ("DEMO_USERS", "1")])
def test_what_is_only_for_the_sandbox_is_refused_without_it(real, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=name):
        load_settings(None)
    monkeypatch.setenv("SANDBOX", "1")
    load_settings(None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "hall.example", ""])  # noqa: S104 – compared, not bound
def test_demo_users_are_for_this_machine_unless_it_is_said(tmp_path, monkeypatch, host):
    """Their password is printed: whoever reaches the port has every role."""
    given = {"sandbox": "1", "demo_users": "1", "data_dir": tmp_path}
    monkeypatch.setenv("HOST", host)
    if not host:
        assert load_settings(None, **given).host == "127.0.0.1", "an empty variable is none"
        return
    with pytest.raises(Misconfigured, match="DEMO_USERS_ANYWHERE=1"):
        load_settings(None, **given)
    load_settings(None, **given | {"demo_users": "0"})
    monkeypatch.setenv("DEMO_USERS_ANYWHERE", "1")
    assert load_settings(None, **given).demo_users


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "LOCALHOST"])
def test_on_this_machine_alone_they_need_no_word(tmp_path, host):
    assert load_settings(None, sandbox="1", demo_users="1", data_dir=tmp_path, host=host).demo_users


def test_sessions_end_when_nobody_is_seen_for_as_long_as_is_said(tmp_path, monkeypatch):
    settings = load_settings(None, sandbox="1", data_dir=tmp_path)
    desk, field = settings.accounts.idle
    assert (desk.total_seconds() / 60, field.total_seconds() / 60) == (30, 600)
    monkeypatch.setenv("ACCOUNTS_IDLE_MINUTES", "15")
    monkeypatch.setenv("ACCOUNTS_FIELD_IDLE_MINUTES", "60")
    idle = load_settings(None, sandbox="1", data_dir=tmp_path).accounts.idle
    assert [idle.of(role).total_seconds() / 60 for role in (Role.CLERK, Role.OUTLET, Role.COURIER)] == [15, 60, 60]
    for name, wrong in (("ACCOUNTS_IDLE_MINUTES", "0"), ("ACCOUNTS_FIELD_IDLE_MINUTES", "601")):
        with monkeypatch.context() as patch, pytest.raises(Misconfigured, match=name):
            patch.setenv(name, wrong)
            load_settings(None, sandbox="1", data_dir=tmp_path)


def test_secrets_do_not_show_when_settings_are_printed(real):
    settings = load_settings(None)
    shown = repr(settings) + str(settings.model_dump())
    for name in ("SICHUAN_OUR_KEYS", "SICHUAN_PARTNER_KEYS"):
        assert REAL[name] not in shown
    assert REAL["SOUTHWEST_OUR_CERTS"].partition(":")[2] not in shown
    assert "cccccccc" not in shown


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("PORT=8100\nTEMPORAL_PORT=7300\n")
    monkeypatch.setenv("PORT", "8200")
    weakest = {"port": "8300", "temporal_port": "7400", "temporal_ui_port": "8500"}
    settings = load_settings(file, data_dir=tmp_path, **weakest, **UP_DEFAULTS)
    assert (settings.port, settings.temporal_port, settings.temporal_ui_port) == (8200, 7300, 8500)
    assert settings.sandbox
    assert settings.demo_users


def test_up_defaults_give_way_to_the_environment(real, monkeypatch):
    monkeypatch.setenv("SANDBOX", "0")
    monkeypatch.setenv("DEMO_USERS", "0")
    assert not load_settings(None, **UP_DEFAULTS).sandbox


def test_single_sandbox_values_can_be_replaced(tmp_path, monkeypatch):
    monkeypatch.setenv("SICHUAN_ALG", "HMAC-SM3")
    monkeypatch.setenv("SANDBOX_PARTNERS_PORT", "9010")
    settings = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert settings.sichuan.alg == "HMAC-SM3"
    assert settings.sichuan.our_app == "cq-yuzhong-01"
    assert settings.southwest.hub_url == "http://127.0.0.1:9010"


def test_the_sandboxs_keys_are_made_once_and_private(tmp_path):
    first = load_settings(None, sandbox="1", data_dir=tmp_path)
    again = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert first.codec_keys == again.codec_keys
    assert first.codec_keys.current.secret != first.seal_keys.current.secret
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"keys.json"}


def test_broken_keys_stop_the_start_instead_of_being_replaced(tmp_path):
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(Misconfigured, match=r"keys\.json"):
        load_settings(None, sandbox="1", data_dir=tmp_path)
    assert (tmp_path / "keys.json").read_text() == "{"


def test_own_keys_win_over_the_sandboxs(tmp_path, monkeypatch):
    monkeypatch.setenv("CODEC_KEYS", REAL["CODEC_KEYS"])
    settings = load_settings(None, sandbox="1", data_dir=tmp_path)
    assert settings.codec_keys.current.secret.get_secret_value() == b"c" * 32


def test_a_misspelt_variable_warns_with_what_was_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPORAL_ADRESS", "x:1")
    file = tmp_path / ".env"
    file.write_text("SICHUAN_OUR_KEY=x\n")
    with pytest.warns(MisspeltSetting) as warned:
        load_settings(file, sandbox="1", data_dir=tmp_path)
    text = " ".join(str(warning.message) for warning in warned)
    assert "TEMPORAL_ADRESS is not a setting; did you mean TEMPORAL_ADDRESS?" in text
    assert "SICHUAN_OUR_KEY is not a setting; did you mean SICHUAN_OUR_KEYS?" in text


def test_other_programs_variables_do_not_warn():
    assert misspelt(["PATH", "HOME", "HOSTNAME", "XDG_DATA_DIRS", "REPORT", "TEMPORAL_TLS_CERT", "port"]) == []


def test_no_two_settings_are_taken_for_each_other():
    names = [name for name, _ in variables()]
    assert misspelt(names) == []


def test_a_variable_beside_a_correct_one_does_not_warn(tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPORAL_ADRESS", "x:1")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "y:1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_settings(None, sandbox="1", data_dir=tmp_path)


def test_unknown_members_of_a_group_are_ignored(real, monkeypatch):
    monkeypatch.setenv("SICHUAN_COLOUR", "red")
    load_settings(None)


def test_the_environment_of_children_makes_the_same_settings(tmp_path, monkeypatch):
    settings = load_settings(None, data_dir=tmp_path, time_scale="120", port="8123", **UP_DEFAULTS)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings(None) == settings


def test_commands_beside_a_running_system_find_it(tmp_path):
    running = load_settings(None, data_dir=tmp_path, temporal_port="7999", **UP_DEFAULTS)
    with claimed(tmp_path, running.environment()):
        beside = load_settings(None, data_dir=tmp_path)
        assert beside.sandbox
        assert beside.temporal_target == "127.0.0.1:7999"
    with pytest.raises(Misconfigured):
        load_settings(None, data_dir=tmp_path)


def test_two_systems_never_share_a_data_folder(tmp_path):
    with claimed(tmp_path, {}), pytest.raises(Misconfigured, match=str(os.getpid())), claimed(tmp_path, {}):
        pass
    with claimed(tmp_path, {}):  # free again
        pass


def test_what_a_killed_system_left_is_not_taken_for_a_running_one(tmp_path):
    (tmp_path / "up.pid").write_text("1\n")
    (tmp_path / "up.env").write_text("SANDBOX=1\n")
    with pytest.raises(Misconfigured):
        load_settings(None, data_dir=tmp_path)


def test_settings_do_not_change():
    assert Settings.model_config["frozen"]


@pytest.mark.parametrize(("host", "url"), [("::", "http://127.0.0.1:8000"), ("10.0.0.5", "http://10.0.0.5:8000")])
def test_this_machine_reaches_the_web_process(tmp_path, host, url):
    assert load_settings(None, sandbox="1", data_dir=Path(tmp_path), host=host).web_url == url


def test_applicants_reach_us_where_it_is_said(tmp_path):
    def at(**said):
        return load_settings(None, sandbox="1", data_dir=Path(tmp_path), **said).public_address

    assert at() == "http://127.0.0.1:8000"
    assert at(public_url="https://hall.example/kuayu") == "https://hall.example/kuayu"
    for wrong in ("hall.example", "https://hall.example/", "javascript:x", "https://"):
        with pytest.raises(Misconfigured):
            at(public_url=wrong)

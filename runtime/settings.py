"""Every setting of every process, from the environment or `.env`, checked once at the start.

`load_settings()` is the only way in: it names each wrong variable without showing a value, warns about names
that look misspelt, and adds the sandbox's own addresses and keys when SANDBOX=1.
"""

import difflib
import inspect
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, reduce
from pathlib import Path
from typing import Annotated, Any, get_args

from dotenv import dotenv_values
from pydantic import BaseModel, Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from domain.errors import Misconfigured
from runtime.account_settings import AccountSettings, check_demo_host
from runtime.claim import running_settings
from runtime.device_settings import DevicesAllowed
from runtime.document_settings import DocumentSettings
from runtime.edge_settings import EdgeSettings
from runtime.four_eyes import FourEyes
from runtime.key_files import sandbox_keys
from runtime.key_sources import SecretSource, names_of
from runtime.keys import ROOT, DatedKey, KeyRing
from runtime.login_settings import CertificateSettings, OidcSettings, SecondFactorRoles
from runtime.message_settings import SmsSettings
from runtime.pace_settings import PromiseSettings, WorkerSettings
from runtime.partner_settings import (
    CourierSettings,
    InterprovincialSettings,
    LicencesSettings,
    ReaderSettings,
    SichuanSettings,
    SouthwestSettings,
    sandbox_defaults,
)
from runtime.personal_settings import PersonalSettings
from runtime.printed_keys import printed_among
from runtime.tls_settings import TlsSettings

Port = Annotated[int, Field(ge=1, le=65535)]

UP_DEFAULTS: Mapping[str, Any] = {"sandbox": "1", "demo_users": "1"}
"""What `kuayu up` starts from where neither the environment nor `.env` says otherwise."""


class MisspeltSetting(UserWarning):
    """A variable that nothing reads but that looks like one of ours."""


class Settings(BaseSettings):
    """All settings; immutable. Build with `load_settings()`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        enable_decoding=False,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(Path(".data"), description="folder for everything that is kept on this machine")
    host: str = Field("127.0.0.1", description="address that the web process listens on")
    port: Port = Field(8000, description="port that the web process listens on")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/[^\s]*[^\s/])?)?$",
        description="where applicants reach us, for the square codes on papers, e.g. https://hall.example; "
        "empty: HOST and PORT",
    )
    hall_phone: str = Field(
        "12345",
        pattern=r"^[0-9+][0-9 ()-]*$",
        description="telephone that applicants read on their pages; 12345 is the government service hotline everywhere",
    )
    database_url: str = Field("", description="empty: SQLite file in DATA_DIR; postgresql+psycopg://… in production")
    temporal_address: str = Field("", description="host:port of a Temporal server; empty: embedded server")
    temporal_namespace: str = Field("default", min_length=1, description="Temporal namespace")
    temporal_bin: Path | None = Field(
        None, description="a Temporal CLI to use for the embedded server; empty: PATH, cache, download, build"
    )
    temporal_port: Port = Field(7233, description="port of the embedded Temporal server")
    temporal_ui_port: Port = Field(8233, description="port of the embedded Temporal server's pages")
    sandbox: bool = Field(
        False, description="1: partners and couriers are played (default of `make run`); 0: real addresses"
    )
    sandbox_partners_port: Port = Field(8010, description="port of the played partner networks")
    sandbox_couriers_port: Port = Field(8011, description="port of the played postal carrier")
    time_scale: float = Field(
        1, ge=1, le=100_000, description="sandbox only: business time runs so many times faster, always open"
    )
    demo_users: bool = Field(
        False, description="sandbox only: one user per role, password demo (default of `make run`)"
    )
    demo_users_anywhere: bool = Field(
        False, description="1: DEMO_USERS also where HOST is not this machine alone; who reaches it may do everything"
    )
    four_eyes: FourEyes = Field(
        "",
        description="what a second person confirms, with commas: events of an officer, TASKS for outcomes of tasks "
        "that give something up, e.g. REJECTED,NOT_ACCEPTED,TASKS; off: nothing; empty: these three, with SANDBOX "
        "nothing",
    )
    second_factor_roles: SecondFactorRoles = Field(
        "",
        description="roles that need a second factor, with commas, e.g. operator,security,auditor,supervisor; off: "
        "none; empty: these four, with SANDBOX none. Whoever has one is asked for it, whatever his role",
    )
    devices: DevicesAllowed = Field(
        "",
        description="which devices may scan: enrolled, those only that somebody has enrolled; any, others too; empty: "
        "enrolled, with SANDBOX any",
    )
    codec_keys: KeyRing = Field(
        description="keys of the Temporal payload codec, kid:base64 of 32 bytes (AES) or kid:sm4:base64 of 16, "
        "first one encrypts; kuayu keys new makes them"
    )
    seal_keys: KeyRing = Field(
        description="keys of what is kept sealed, written alike, first one encrypts; kuayu keys new makes them"
    )
    mark_keys: KeyRing | None = Field(
        None,
        description="what marks for searching, codes and signatures are made with, kid:base64 of 32 bytes, one of them "
        "named root; empty: the oldest of SEAL_KEYS, which then must stay; kuayu keys marks makes it",
    )
    label_key: KeyRing | None = Field(
        None,
        description="key of the square codes on labels, kid:base64 of 32 bytes; empty: made as MARK_KEYS says",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level that is logged")
    worker: WorkerSettings = WorkerSettings()
    promise: PromiseSettings = PromiseSettings()
    documents: DocumentSettings = DocumentSettings()
    edge: EdgeSettings = EdgeSettings()
    tls: TlsSettings = TlsSettings()
    oidc: OidcSettings = OidcSettings()
    certificate: CertificateSettings = CertificateSettings()
    accounts: AccountSettings = AccountSettings()
    sichuan: SichuanSettings
    southwest: SouthwestSettings
    interprovincial: InterprovincialSettings
    courier: CourierSettings
    sms: SmsSettings = SmsSettings()
    licences: LicencesSettings = LicencesSettings()
    reader: ReaderSettings = ReaderSettings()
    personal: PersonalSettings = PersonalSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments are defaults here: the environment wins over `.env`, `.env` over what the caller passes."""
        places = [one.env_vars for one in (env_settings, dotenv_settings) if isinstance(one, EnvSettingsSource)]
        return SecretSource(settings_cls, secrets(), places), env_settings, dotenv_settings, init_settings

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: dict[str, Any]) -> dict[str, Any]:
        data_dir = Path(given.get("data_dir") or ".data").expanduser().absolute()
        filled = {**given, "data_dir": data_dir}
        if not given.get("database_url"):
            filled["database_url"] = f"sqlite:///{data_dir / 'kuayu.db'}"
        if not _is_on(given.get("sandbox")):
            return filled
        partners = _port(given, "sandbox_partners_port", 8010)
        couriers = _port(given, "sandbox_couriers_port", 8011)
        for group, defaults in sandbox_defaults(partners, couriers).items():
            filled[group] = {**defaults, **given.get(group, {})}
        for name, ring in sandbox_keys(data_dir).items():
            filled.setdefault(name.lower(), ring)
        return filled

    @model_validator(mode="after")
    def _only_with_sandbox(self) -> "Settings":
        if not self.sandbox and self.time_scale != 1:
            raise ValueError("TIME_SCALE other than 1 needs SANDBOX=1: real partners don't live faster")
        if not self.sandbox and self.demo_users:
            raise ValueError("DEMO_USERS needs SANDBOX=1: their password is public")
        if not self.sandbox and (printed := printed_among(self._secrets())):
            raise ValueError(f"{', '.join(printed)}: printed in .env.example for everybody; SANDBOX=0 needs other keys")
        if self.mark_keys is not None and self.mark_keys.find(ROOT) is None:
            raise ValueError(f"MARK_KEYS has no key named {ROOT}")
        if self.demo_users and not self.demo_users_anywhere:
            check_demo_host(self.host)
        return self

    def _secrets(self) -> dict[str, Any]:
        return {name: reduce(getattr, path, self) for name, path in secrets().items()}

    @property
    def embedded(self) -> bool:
        """Whether the Temporal server is ours to start."""
        return not self.temporal_address

    @property
    def temporal_target(self) -> str:
        """host:port that every client connects to."""
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    @property
    def temporal_ui_url(self) -> str:
        """The embedded server's pages; of a cluster only its operator knows the address."""
        return f"http://127.0.0.1:{self.temporal_ui_port}" if self.embedded else ""

    @property
    def web_url(self) -> str:
        """Where this machine reaches the web process."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 – compared, not bound
        return str(HttpUrl.build(scheme="http", host=host, port=self.port)).rstrip("/")

    @property
    def public_address(self) -> str:
        """Where applicants reach the web process, without a slash at the end."""
        return self.public_url or self.web_url

    def environment(self) -> dict[str, str]:
        """The plain settings (groups and keys left out) as variables, for the processes that `kuayu up` starts.

        Their `.env` and ours are the same, so only what was passed to us or chosen by us has to be said.
        """
        groups = {*_groups(), "codec_keys", "seal_keys", "mark_keys", "label_key"}
        plain = {name: getattr(self, name) for name in type(self).model_fields if name not in groups}
        return {name.upper(): text for name, value in plain.items() if (text := as_text(value))}


def as_text(value: Any) -> str:
    """A setting's value as it is written in the environment; empty for None."""
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _is_on(value: Any) -> bool:
    return value is True or str(value).strip().lower() in {"1", "true", "yes", "on", "y", "t"}


def _port(given: Mapping[str, Any], name: str, default: int) -> int:
    text = str(given.get(name, default))
    return int(text) if text.isdecimal() else default


def load_settings(env_file: Path | None = Path(".env"), **defaults: Any) -> Settings:
    """Read and check the settings; of several places the first that has a value counts.

    The places: the environment, `env_file`, what `kuayu up` runs with on the same DATA_DIR right now, `defaults`
    (field names). With SANDBOX=1 the key rings are made in DATA_DIR at first use. Warns (MisspeltSetting) about names
    that come near a setting.

    Raises:
        Misconfigured: one line per variable that is missing or wrong; values never appear in it.
    """
    in_file = _read(env_file)
    for name, meant in misspelt({*os.environ, *in_file}):
        warnings.warn(f"{name} is not a setting; did you mean {meant}?", MisspeltSetting, stacklevel=2)
    data_dir = Path(os.environ.get("DATA_DIR") or in_file.get("DATA_DIR") or defaults.get("data_dir") or ".data")
    files = [file for file in (running_settings(data_dir), env_file) if file]  # the later one wins
    try:
        return Settings(_env_file=files, **defaults)
    except ValidationError as fault:
        raise Misconfigured(explain(fault)) from None


def variables() -> Iterator[tuple[str, FieldInfo]]:
    """Every variable's name and its field, in the order of the model."""
    for name, field in Settings.model_fields.items():
        if name in _groups():
            inside = _groups()[name].model_fields.items()
            yield from ((f"{name}_{inner}".upper(), info) for inner, info in inside)
        else:
            yield name.upper(), field


def secrets() -> dict[str, tuple[str, ...]]:
    """Every variable with a secret → where its field is, `("seal_keys",)` or `("sichuan", "our_keys")`."""
    found: dict[str, tuple[str, ...]] = {}
    for name, field in variables():
        inside = (one for one in (field.annotation, *get_args(field.annotation)) if inspect.isclass(one))
        if any(issubclass(one, (KeyRing, SecretStr, DatedKey)) for one in inside):
            group = next((group for group in _groups() if name.lower().startswith(f"{group}_")), None)
            found[name] = (group, name.lower().removeprefix(f"{group}_")) if group else (name.lower(),)
    return found


def places_of(env_file: Path | None = Path(".env")) -> list[dict[str, str | None]]:
    """The environment and `env_file`, names in lower case, as `runtime.key_sources` reads them."""
    return [{name.lower(): text for name, text in place.items()} for place in (os.environ, _read(env_file))]


def _groups() -> dict[str, type[BaseModel]]:
    """Fields that are a group of variables with a prefix of its own."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type)
        and issubclass(field.annotation, BaseModel)
        and field.annotation is not KeyRing
    }


def _read(env_file: Path | None) -> dict[str, str | None]:
    return dotenv_values(env_file) if env_file and env_file.is_file() else {}


def misspelt(names: Iterable[str]) -> list[tuple[str, str]]:
    """Of `names`, those that nothing reads but that come close to a setting which is not among them."""
    known = {name for name, _ in variables()} | {other for name in secrets() for other in names_of(name)}
    given = {name.upper() for name in names}
    left = frozenset(known - given)
    near = ((name, _nearest(name, left)) for name in sorted(given - known))
    return [(name, close) for name, close in near if close]


@lru_cache(maxsize=1024)
def _nearest(name: str, settings: frozenset[str]) -> str | None:
    """A comparison takes about a millisecond, and an environment has dozens of names that are none of ours."""
    return next(iter(difflib.get_close_matches(name, settings, n=1, cutoff=0.86)), None)


def explain(fault: ValidationError) -> str:
    """One line per wrong variable, named as in the environment, without its value."""
    lines = ["The settings are not complete or not right:"]
    for error in fault.errors(include_input=False, include_url=False, include_context=False):
        field = str(error["loc"][0]) if error["loc"] else ""
        nested = f"_{error['loc'][1]}" if field in _groups() and len(error["loc"]) > 1 else ""
        names = f"{field}{nested}".upper()
        text = error["msg"].removeprefix("Value error, ")
        if error["type"] == "missing":
            text = "missing"
            names = ", ".join(_required(field)) if field in _groups() and not nested else names
        lines.append(f"  {names}: {text}" if names else f"  {text}")
    lines.append("Set them in the environment or in .env; .env.example lists all. SANDBOX=1 needs none of them.")
    return "\n".join(lines)


def _required(group: str) -> list[str]:
    model = _groups()[group]
    return [f"{group}_{name}".upper() for name, info in model.model_fields.items() if info.is_required()]

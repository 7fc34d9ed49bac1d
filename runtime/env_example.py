"""Writes `.env.example` from the settings model: `python -m runtime.env_example > .env.example`."""

import sys
import textwrap

from runtime.partner_settings import sandbox_defaults
from runtime.settings import Settings, as_text, variables

_HEAD = """\
# Every setting with its default. Copy to .env and take the # away where yours differs; the environment wins.
# Each secret may also stand in a file (NAME_FILE) or be said by a program (NAME_COMMAND): docs/operations.md "Keys".
# Written from runtime/settings.py by: python -m runtime.env_example > .env.example
"""


def render() -> str:
    """The file's text: one comment and one commented line `NAME=default` per variable."""
    played = _played()
    blocks = [_HEAD]
    for name, field in variables():
        lines = textwrap.wrap(field.description or "", 108, initial_indent="# ", subsequent_indent="# ")
        default = "" if field.is_required() else as_text(field.default)
        if name in played and played[name] != default:
            lines.append(f"# with SANDBOX=1: {played[name]}")
        if name in ("CODEC_KEYS", "SEAL_KEYS", "MARK_KEYS"):
            lines.append("# with SANDBOX=1: made in DATA_DIR/keys.json at the first start")
        blocks.append("\n".join([*lines, f"# {name}={default}"]) + "\n")
    return "\n".join(blocks)


def _played() -> dict[str, str]:
    fields = Settings.model_fields
    groups = sandbox_defaults(fields["sandbox_partners_port"].default, fields["sandbox_couriers_port"].default)
    return {f"{group}_{name}".upper(): value for group, values in groups.items() for name, value in values.items()}


if __name__ == "__main__":
    sys.stdout.write(render())

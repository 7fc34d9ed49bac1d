"""`kuayu doctor`: read-only, one line per thing that can be wrong, with its fix (`runtime.condition`)."""

import asyncio

from domain.errors import Misconfigured
from runtime.condition import Finding, Part, engine_of
from runtime.condition_checks import examine as examined
from runtime.container import container_of, now
from runtime.settings import load_settings


async def examine() -> list[Finding]:
    """All findings; stops at the settings if they cannot be read."""
    part, what = Part.SETTINGS, "设置"
    try:
        settings = load_settings()
    except Misconfigured as fault:
        return [Finding(part=part, level="fail", what=what, detail=fault.sentence, fix="对照 .env.example 补齐")]
    engine = await engine_of(settings)
    found = await asyncio.to_thread(examined, container_of(settings), engine, now())
    return [Finding(part=part, level="pass", what=what, detail="可读"), *found]

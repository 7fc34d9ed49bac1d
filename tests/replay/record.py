"""Records the histories that test_replay.py holds the workflows to.

`python -m tests.replay.record NAME …` plays the demo's stories on a throw-away instance whose payloads are encrypted
with the test's own key, and keeps the named histories of `WANTED` (all of them without a name). Record one anew only
when a change of the workflows is intended and no case of the old kind is open anywhere; otherwise gate the change
with `workflow.patched` and add one.
"""

import asyncio
import os
import sys
from collections.abc import Collection, Iterable
from typing import NamedTuple

from temporalio.client import Client

from demo.__main__ import run_stories, stage_of
from demo.play import Played
from demo.system import System, running
from demo.verify import faults
from domain.naming import case_workflow_id, delivery_workflow_id
from tests.replay import books

TIME_SCALE = 300.0


class Wanted(NamedTuple):
    """A story by its title, and the legs of it that are kept beside the case."""

    title: str
    legs: tuple[str, ...] = ()


WANTED = {
    "happy-two-way": Wanted("川渝·异地代收代办·双向寄递", ("PICKUP", "BACK", "DELIVERY")),
    "southwest": Wanted("西南·异地代收代办·双向寄递"),
    "interprovincial": Wanted("跨省·多地联办"),
    "in-city": Wanted("全渝·就地批办"),
    "supplement": Wanted("补正一轮"),
    "not-accepted": Wanted("不予受理"),
    "rejected-originals-back": Wanted("不予许可·原件退回", ("FORWARD",)),
    "withdrawn-before": Wanted("转递前撤回", ("PICKUP",)),
    "withdrawn-after": Wanted("转递后撤回·原件退回"),
    "joint": Wanted("多地联办·两张网"),
    "late-courier": Wanted("揽件迟到·改派", ("PICKUP",)),
    "failed-delivery": Wanted("首次投递未成·再投", ("DELIVERY",)),
    "refused-delivery": Wanted("送达被拒·退回大厅自取", ("DELIVERY",)),
    "outage": Wanted("对方系统停机"),
    "twice-and-out-of-order": Wanted("回调重复又乱序"),
    "deferred": Wanted("容缺受理·补齐后发放"),
    "supplement-by-the-event": Wanted("补正一轮"),
    "rejected-by-the-event": Wanted("不予许可·原件退回"),
    "steps-together": Wanted("川渝·异地代收代办·双向寄递", ("PICKUP", "BACK", "DELIVERY")),
    "joint-together": Wanted("多地联办·两张网"),
    "deferred-together": Wanted("容缺受理·补齐后发放"),
    "out-of-order-together": Wanted("回调重复又乱序"),
    "two-way-with-content": Wanted("川渝·异地代收代办·双向寄递", ("PICKUP", "BACK", "DELIVERY")),
    "joint-in-order": Wanted("多地联办·两张网"),
    "joint-undone": Wanted("迁出后落户不成·恢复户口"),
    "counted-short": Wanted("上门少一份·商定先办", ("PICKUP",)),
    "licence-checked": Wanted("西南·全程网办"),
    "online-with-content": Wanted("川渝·全程网办"),
    "two-way-at-once": Wanted("川渝·异地代收代办·双向寄递", ("PICKUP", "BACK", "DELIVERY")),
    "joint-at-once": Wanted("多地联办·两张网"),
    "supplement-at-once": Wanted("补正一轮"),
}


async def _keep(system: System, played: Iterable[Played], names: Collection[str]) -> None:
    client = await Client.connect(f"127.0.0.1:{system.environment['TEMPORAL_PORT']}")
    by_title = {one.story.title: one for one in played}
    for name in names:
        wanted = WANTED[name]
        one = by_title[wanted.title]
        await _keep_one(client, f"case-{name}", case_workflow_id(one.case_no))
        for parcel in one.case["parcels"]:
            if parcel["leg"] in wanted.legs:
                leg = parcel["leg"].lower()
                await _keep_one(client, f"leg-{name}-{leg}", delivery_workflow_id(parcel["legId"]))


async def _keep_one(client: Client, name: str, workflow_id: str) -> None:
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    books.write(name, workflow_id, history.to_json())
    print(f"  {name}: {len(history.events)} events")


def main() -> int:
    os.environ["CODEC_KEYS"] = books.CODEC_KEYS
    with running(TIME_SCALE, print) as system:
        stage = stage_of(system)
        played = run_stories(stage)
        wrong = {number: found for number, found in faults(stage, played).items() if found}
        if wrong:
            print(f"not recorded, because not every case ended as it should: {wrong}", file=sys.stderr)
            return 1
        asyncio.run(_keep(system, played, sys.argv[1:] or list(WANTED)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

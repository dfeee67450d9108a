"""What Redis takes to tell M processes one thing: every process hears every batch."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import redis.asyncio as redis

from stories.management.bench.production import redis_alone
from stories.management.bench.report import Row
from stories.management.bench.sides import Side

SUBSCRIBERS = (1, 2, 4, 8, 16, 32)
BATCH = 400
TIMES = 2000
# A process publishes at most so often.
TICKS_HZ = 10


async def _publish_us(address: str, server: Side, subscribers: int) -> float:
    """Microseconds of Redis' processor for one batch to so many subscribers."""
    clients = [redis.Redis.from_url(address) for _ in range(subscribers)]
    ears = [client.pubsub(ignore_subscribe_messages=True) for client in clients]
    speaker = redis.Redis.from_url(address)
    for ear in ears:
        await ear.subscribe("hubs")
    while (await speaker.pubsub_numsub("hubs"))[0][1] < subscribers:
        await asyncio.sleep(0.01)

    async def hear(ear: redis.client.PubSub) -> None:
        heard = 0
        while heard < TIMES:
            heard += await ear.get_message(timeout=5.0) is not None

    async with asyncio.TaskGroup() as together:
        began = server.cpu_s()
        for ear in ears:
            together.create_task(hear(ear))
        for _ in range(TIMES):
            await speaker.publish("hubs", b"x" * BATCH)
    spent = server.cpu_s() - began
    for ear in ears:
        await ear.aclose()
    for client in (*clients, speaker):
        await client.aclose()
    return 1e6 * spent / TIMES


def publish() -> list[Row]:
    """T5: one batch to sixteen processes, and how that grows. No limit: it says when the group must be divided."""

    async def measure(address: str, server: Side) -> list[float]:
        return [await _publish_us(address, server, m) for m in SUBSCRIBERS]

    began = time.perf_counter()
    with TemporaryDirectory(prefix="mirror-layer-") as folder, redis_alone(Path(folder)) as (address, pid):
        each = asyncio.run(measure(address, Side([pid], address)))
    told = ", ".join(f"{us:.0f} to {m}" for m, us in zip(SUBSCRIBERS, each, strict=True))
    busiest = each[SUBSCRIBERS.index(16)] * 16 * TICKS_HZ / 1e6
    note = (
        f"us of Redis' processor per batch of {BATCH} bytes: {told}; sixteen processes that all speak "
        f"{TICKS_HZ} times a second take {busiest:.1%} of it; {time.perf_counter() - began:.0f} s"
    )
    return [Row(id="T5_redis_16_us", value=round(each[SUBSCRIBERS.index(16)]), unit="us", note=note)]

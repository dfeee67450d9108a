"""What pages were told is stored, compared with what is: chunk by chunk, as each of them was said."""

import numpy as np

from stories.people.page import Message
from stories.people.player import Player
from tests.live.table import Table

Chunk = tuple[int, list[int]]


class Receipts:
    """Which chunks a page was told are stored, by run and seq, and what it had said in them."""

    def __init__(self, player: Player) -> None:
        self.said: dict[tuple[str, int], Chunk] = {}
        self.acked: dict[tuple[str, int], Chunk] = {}
        spoil, hear = player.spoil, player.on_message

        def note(message: Message) -> list[Message]:
            if message["type"] == "trace.chunk":
                self.said[message["run"], message["seq"]] = message["first_tick"], message["values"]
            return spoil(message)

        def on_message(message: Message) -> None:
            if message["type"] == "trace.acked":
                self.acked |= {
                    (message["run"], seq): self.said[message["run"], seq] for seq in message["seqs"]
                }
            hear(message)

        player.spoil = note
        player.on_message = on_message  # type: ignore[method-assign]


def kept(table: Table, telling: str, player: Player) -> dict[tuple[str, int], Chunk]:
    """The chunks of a seat as they are stored."""
    rows = table.chunks(telling, player)
    found = {(run, seq): (first, np.frombuffer(packed, "<i2").tolist()) for run, seq, first, packed in rows}
    assert len(found) == len(rows)
    return found


def samples(chunks: dict[tuple[str, int], Chunk]) -> int:
    """How many there are in all."""
    return sum(len(values) for _, values in chunks.values())


def newest(stored: dict[tuple[str, int], Chunk], ticks: int) -> list[int | None]:
    """Of each tick what the run says that began last."""
    begun: dict[str, int] = {}
    for (run, _), (at, _) in stored.items():
        begun[run] = min(at, begun.get(run, at))
    levels: dict[int, int] = {}
    for (_, _), (at, values) in sorted(stored.items(), key=lambda item: begun[item[0][0]]):
        levels |= {at + i: level for i, level in enumerate(values) if level >= 0}
    return [levels.get(tick) for tick in range(ticks)]


def samples_once(stored: dict[tuple[str, int], Chunk]) -> set[tuple[str, int]]:
    """Run and tick of every sample."""
    return {(run, at + i) for (run, _), (at, values) in stored.items() for i in range(len(values))}

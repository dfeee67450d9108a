"""Page loads that anybody might have had: what came of them, in chunks with gaps."""

from random import Random

from hypothesis import strategies as st

from stories import models, traces
from tests.db.evening import Evening

LEVELS = st.one_of(st.none(), st.integers(0, 1000))
# Chunks as (first tick, values).
PageLoad = list[tuple[int, list[int | None]]]


@st.composite
def page_loads(draw: st.DrawFn) -> list[PageLoad]:
    """A few page loads of one seat, each beginning later, each cut into chunks with gaps between them."""
    runs, begins = [], draw(st.lists(st.integers(0, 30), min_size=1, max_size=4, unique=True).map(sorted))
    for begin in begins:
        chunks, tick = [], begin
        for values in draw(st.lists(st.lists(LEVELS, min_size=1, max_size=8), min_size=1, max_size=4)):
            chunks.append((tick, values))
            tick += len(values) + draw(st.integers(0, 3))
        runs.append(chunks)
    return runs


def entries_of(
    loads: list[PageLoad], evening: Evening, telling: models.Telling, name: str, chance: Random
) -> list[traces.Entry]:
    """Somebody's page loads on their way to rows; ids of page loads are random: their order says nothing."""
    runs = chance.sample(range(1000), len(loads))
    return [
        evening.entry(telling, name, values, tick, run=f"run-{run}", seq=seq)
        for run, chunks in zip(runs, loads, strict=True)
        for seq, (tick, values) in enumerate(chunks)
    ]

"""Operations and faults in an order that chance draws, on a server that may be killed; what once failed is played again.

A failure prints its steps. To keep it, write them to `seeds/<what goes wrong>.json`: a list of steps, each a name
and what it is done to. Every file there is played by `test_what_once_failed_holds`.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from stories.people.server import Server, free_port
from tests.conftest import MANAGE
from tests.faults.ledger import keep
from tests.faults.machine import Step, Trouble
from tests.faults.network import Network
from tests.production.crew import Crew

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.json"))
# Slow enough that a story of three minutes outlives its trouble.
RATE = 10


def steps(*names: str, to: list[Any] | None = None) -> st.SearchStrategy[Step]:
    """Any of these, done to any of those."""
    said = st.sampled_from(names)
    return st.tuples(said, st.sampled_from(to)).map(list) if to else st.tuples(said).map(list)


BUTTONS = st.one_of(
    steps("presses", to=["pause", "resume", "advance", "extend", "finish", "lobby", "lock", "unlock"]),
    steps("wishes", to=["telling.begin", "telling.begin", "telling.finish"]),
    steps("tells", "marks"),
)
PAGES = st.one_of(
    steps("reloads", "forgets", "leaves", "returns", "duplicates", to=list(range(7))), steps("joins")
)
NETWORK = st.one_of(steps("cuts", to=[1, 3, 8]), steps("delays", to=[0, 1, 2]), steps("freezes"))
MACHINE = steps("waits", "waits", "dies")
PRODUCTION = st.one_of(MACHINE, steps("redis", to=["killed", "wiped", "frozen"]), steps("postgres"))


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory, gateway: int) -> Iterator[Server]:
    """A server in one process that nobody else's test needs; by way of the network, too."""
    port = free_port()
    origins = f"http://127.0.0.1:{port},http://127.0.0.1:{gateway}"
    folder = tmp_path_factory.mktemp("mortal")
    running = Server(MANAGE, folder, port=port, CLOCK_RATE=str(RATE), RATE_LIMITS="0", ORIGINS=origins)
    with running:
        yield running


async def play(server: Server, gateway: int, wanted: list[Step]) -> None:
    """A whole evening of such steps."""
    async with Network(gateway).to(server.port) as network:
        trouble = Trouble(server, network)
        try:
            await trouble.begin()
            for step in wanted:
                await trouble.play(step)
            keep(await trouble.end())
        finally:
            await trouble.close()


class TroubleMachine(RuleBasedStateMachine):
    """Draws steps and plays them; the loop stands still while it draws."""

    server: Server
    gateway: int

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.trouble: Trouble | None = None
        self.whole = False

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def begins(self) -> None:
        self.network = Network(self.gateway).to(self.server.port)
        self.run(self.network.__aenter__())
        self.trouble = Trouble(self.server, self.network)
        self.run(self.trouble.begin())
        self.whole = True

    def step(self, *step: object) -> None:
        assert self.trouble is not None
        self.whole = False
        self.run(self.trouble.play(list(step)))
        self.whole = True

    @rule(step=PAGES)
    def somebody_does_with_a_page(self, step: Step) -> None:
        self.step(*step)

    @rule(step=BUTTONS)
    def somebody_presses(self, step: Step) -> None:
        self.step(*step)

    @rule(step=NETWORK)
    def the_network_suffers(self, step: Step) -> None:
        self.step(*step)

    @rule(data=st.data())
    def the_machine_suffers(self, data: st.DataObject) -> None:
        production = isinstance(self.server, Crew)
        self.step(*data.draw(PRODUCTION if production else MACHINE))

    def teardown(self) -> None:
        try:
            if self.trouble is not None:
                note(f"steps: {json.dumps(self.trouble.played)}")
                if self.whole and self.trouble.played:
                    keep(self.run(self.trouble.end()))
        finally:
            if self.trouble is not None:
                self.run(self.trouble.close())
                self.run(self.network.__aexit__())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()


def explore(server: Server, gateway: int, *, evenings: int, length: int) -> None:
    machine: Callable[..., TroubleMachine] = type(
        "Machine", (TroubleMachine,), {"server": server, "gateway": gateway}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=evenings,
            stateful_step_count=length,
            deadline=None,
            derandomize=True,
            # Real time is no function of what was drawn: a shorter evening need not fail in the same way.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_is_lost_or_shown_too_early_whatever_happens(mortal: Server, gateway: int) -> None:
    explore(mortal, gateway, evenings=3, length=14)


@pytest.mark.slow
def test_nothing_is_lost_or_shown_too_early_in_many_more_evenings(mortal: Server, gateway: int) -> None:
    explore(mortal, gateway, evenings=30, length=25)


@pytest.mark.slow
def test_nothing_is_lost_or_shown_too_early_whatever_happens_in_production(crew: Crew, gateway: int) -> None:
    explore(crew, gateway, evenings=15, length=20)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_what_once_failed_holds(mortal: Server, gateway: int, seed: Path) -> None:
    asyncio.run(play(mortal, gateway, json.loads(seed.read_text())))

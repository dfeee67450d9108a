"""Anything happens to a room in any order, and the database fails in between: nothing acked is lost or told too early."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from stories import analysis, seats, tellings
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol.phases import Telling
from tests.db.any_evening import MOST_PEOPLE, AnyEvening
from tests.db.crowd import run_jobs

# In the order of an evening, so that what Hypothesis draws first and most leads somewhere.
MOVES: list[moves.Command] = [
    moves.Begin(by="teller"),
    moves.Pause(),
    moves.Resume(),
    moves.Finish(by="teller"),
    moves.Finish(),
    moves.EndPlacing(by="teller"),
    moves.Advance(),
    moves.ToLobby(),
    moves.Extend(by="teller"),
    moves.TellerGone(by="server"),
    moves.Peek(),
    moves.Drop(),
    moves.WarmUp(),
    moves.Lock(),
    moves.Lock(locked=False),
    moves.Begin(by="listener"),
    moves.Finish(by="listener"),
]
people = st.integers(0, MOST_PEOPLE - 1)
moments = st.integers(0, 40)


class AnyEveningMachine(RuleBasedStateMachine):
    """Each rule is something that people or the machine room do; refusals are answers."""

    @initialize(source=st.sampled_from("CCAB"), begun=st.sampled_from([True, True, True, False]))
    def opens(self, source: str, begun: bool) -> None:
        self.evening = AnyEvening()
        self.pages: dict[str, tuple[str, int, int]] = {}
        self.loads = 0
        self.jobs_wait = True
        if begun:
            # Most of what can go wrong goes wrong in the middle of a story.
            self.the_host_asks_somebody_to_tell(0, source)
            self.the_evening_goes_on()
            self.everybody_feels(60)
            self.everything_arrives(heard=False)

    def somebody(self, number: int) -> str:
        names = list(self.evening.people)
        return names[number % len(names)]

    @property
    def started(self) -> bool:
        evening = self.evening
        return bool(evening.tellings) and isinstance(evening.state.playing, Telling)

    # -- people -------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.evening.people) < MOST_PEOPLE)
    @rule()
    def somebody_joins(self) -> None:
        name = f"Guest {len(self.evening.people)}"
        locked = self.evening.state.locked
        assert self.evening.refused(lambda: self.evening.joins(name)) == ("room.locked" if locked else None)

    @rule(who=people, source=st.sampled_from("CCAB"))
    def the_host_asks_somebody_to_tell(self, who: int, source: str) -> None:
        asked = self.evening.refused(
            lambda: self.evening.tellings.append(self.evening.prepare(self.somebody(who), source=source))
        )
        if asked is None:
            self.pages = {}

    @rule(move=st.sampled_from(MOVES), wait=st.integers(0, 90))
    def somebody_acts(self, move: moves.Command, wait: int) -> None:
        self.evening.now_s += wait
        self.evening.refused(lambda: self.evening.obey(move, self.evening.now_s))

    @rule(move=st.sampled_from(MOVES[:8]), at=st.integers(0, 12))
    def the_database_fails_while_somebody_acts(self, move: moves.Command, at: int) -> None:
        before = self.evening.state
        if self.evening.broken(lambda: self.evening.obey(move, self.evening.now_s), at):
            assert self.evening.state == before

    @precondition(lambda self: self.pages)
    @rule(who=people)
    def a_page_is_loaded(self, who: int) -> None:
        self.pages.pop(self.somebody(who), None)

    @rule()
    def the_evening_goes_on(self) -> None:
        """What people do who do nothing strange."""
        likely = {
            "lobby": lambda: self.the_host_asks_somebody_to_tell(0, "C"),
            "preparing": lambda: self.somebody_acts(moves.Begin(by="teller"), 5),
            "telling": lambda: self.somebody_acts(moves.Finish(by="teller"), 30),
            "placing": lambda: self.somebody_acts(moves.EndPlacing(by="teller"), 5),
            "paused": lambda: self.somebody_acts(moves.Resume(), 5),
        }
        phase = self.evening.state.phase.name
        likely.get(phase, lambda: self.somebody_acts(moves.Advance(), 5))()

    @precondition(lambda self: self.evening.acked)
    @rule(steps=st.integers(1, 6))
    def the_evening_goes_far(self, steps: int) -> None:
        for _ in range(steps):
            self.the_evening_goes_on()
            self.a_process_looks(steps % 2)

    @precondition(lambda self: self.started)
    @rule(who=people, length=st.integers(1, 30), hole=st.integers(0, 5))
    def somebody_feels(self, who: int, length: int, hole: int) -> None:
        name, evening = self.somebody(who), self.evening
        if name not in self.pages:
            self.loads += 1
            # A page load begins where the story is: after every tick that an earlier one began with.
            self.pages[name] = (f"load-{self.loads}", 0, 6 * self.loads)
        run, seq, first = self.pages[name]
        evening.feels(name, run, seq, first + hole, length)
        self.pages[name] = (run, seq + 1, first + hole + length)

    @precondition(lambda self: self.started)
    @rule(length=st.integers(10, 60))
    def everybody_feels(self, length: int) -> None:
        self.evening.now_s += length / 4
        for who in range(len(self.evening.people)):
            self.somebody_feels(who, length, 0)

    @precondition(lambda self: self.evening.underway)
    @rule(heard=st.booleans())
    def everything_arrives(self, heard: bool) -> None:
        self.evening.delivers(list(self.evening.underway), heard=heard)

    @precondition(lambda self: self.evening.underway)
    @rule(data=st.data(), heard=st.booleans())
    def chunks_arrive(self, data: st.DataObject, heard: bool) -> None:
        self.evening.delivers(self._some(data), heard=heard)

    @precondition(lambda self: self.evening.underway)
    @rule(data=st.data(), at=st.integers(0, 5))
    def the_database_fails_while_chunks_arrive(self, data: st.DataObject, at: int) -> None:
        batch, evening = self._some(data), self.evening
        before = evening.stored()
        if evening.broken(lambda: evening.delivers(batch, heard=False), at):
            # Refused at the store or after it: nothing of it is there, or all of it.
            after = evening.stored()
            assert after in (before, before | {e.key: e.content for e in batch if evening.welcome(e)})
            evening.acked = after

    def _some(self, data: st.DataObject) -> list:
        underway = self.evening.underway
        if not underway:
            return []
        picked = data.draw(st.lists(st.integers(0, len(underway) - 1), max_size=8), label="which")
        return [underway[i] for i in picked]

    @precondition(lambda self: self.started)
    @rule(tick=moments, beat=st.integers(0, 3))
    def a_turn_is_marked(self, tick: int, beat: int) -> None:
        wish = c.BeatMark(telling=self.evening.tellings[-1].public_id, beat=f"beat{beat}", tick=tick)
        teller = seats.Participant.objects.get(pk=self.evening.tellings[-1].teller_id)
        self.evening.refused(lambda: tellings.mark_beat(teller, wish, at=self.evening.at(self.evening.now_s)))

    @precondition(lambda self: self.evening.tellings)
    @rule(who=people, choice=st.sampled_from(["start", "middle", "end", "fall", "rise"]))
    def somebody_calls(self, who: int, choice: str) -> None:
        self.evening.refused(lambda: self.evening.call(self.evening.tellings[-1], self.somebody(who), choice))

    @precondition(lambda self: self.evening.acked)
    @rule(who=people)
    def somebody_deletes_what_they_felt(self, who: int) -> None:
        self.evening.forgets(self.somebody(who))

    @precondition(lambda self: self.evening.acked)
    @rule(which=st.integers(0, 9))
    def a_story_is_taken_back(self, which: int) -> None:
        if which < len(self.evening.tellings):
            self.evening.takes_back(self.evening.tellings[which])

    # -- the machine room ---------------------------------------------------------------------------------

    @rule(wait=st.sampled_from([1, 12, 60, 200]))
    def time_passes(self, wait: int) -> None:
        self.evening.now_s += wait
        self.evening.obey(moves.Due(by="server"), self.evening.now_s)

    @rule(number=st.integers(0, 1))
    def a_process_looks(self, number: int) -> None:
        self.evening.processes[number].look()

    @rule(number=st.integers(0, 1))
    def a_process_is_replaced(self, number: int) -> None:
        self.evening.replaced(number)

    @precondition(lambda self: self.evening.acked)
    @rule()
    def late_samples_are_looked_for(self) -> None:
        analysis.catch_up(self.evening.at(self.evening.now_s))

    @precondition(lambda self: self.evening.acked and self.jobs_wait)
    @rule()
    def jobs_run(self) -> None:
        # Once an evening: a thousand tellers by chance take longer than all the rest.
        self.jobs_wait = False
        run_jobs()

    # -- what must be true --------------------------------------------------------------------------------

    @invariant()
    def the_room_is_what_its_facts_make(self) -> None:
        self.evening.assert_in_order()

    def teardown(self) -> None:
        if not hasattr(self, "evening"):
            return
        evening = self.evening
        evening.delivers(list(evening.underway), heard=True)
        evening.assert_as_felt()
        for process in evening.processes:
            process.look()
        first, second = (process.room for process in evening.processes)
        assert (first.public, first.reveal_shown()) == (second.public, second.reveal_shown())


def explore(examples: int, steps: int, *, shrink: bool = False) -> None:
    run_state_machine_as_test(
        AnyEveningMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            # The same evenings every time, so that a failure is somebody's change and can be seen again.
            derandomize=True,
            # To reduce a failure takes minutes: the long form does it.
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_acked_is_lost_or_told_too_early_whatever_happens_to_a_room(transactional_db) -> None:
    explore(45, 30)


@pytest.mark.slow
def test_nothing_acked_is_lost_or_told_too_early_in_many_more_evenings(transactional_db) -> None:
    explore(400, 50, shrink=True)

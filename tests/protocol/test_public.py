"""What everyone may know of a room is small, and holds no secret."""

import msgspec
import pytest

from stories import content
from stories.protocol import moves
from stories.protocol.describe.when import HISTORIES, room
from stories.protocol.facts import AnyFact
from stories.protocol.public import public
from stories.protocol.replies import PublicRoom, PublicTelling
from tests.protocol.telling import ANA, TELLING, breath, done, gone, onward, running, told

SMALL = 1024


def longest_words(*, of: str) -> str:
    return max((script.title for script in content.scripts()), key=len) if of == "title" else "m" * 20


@pytest.mark.parametrize("letter", ["W", "é", "字", "🦊"])
@pytest.mark.parametrize("phase", sorted(HISTORIES))
def test_the_public_room_stays_below_a_kilobyte_when_names_are_long(phase, letter):
    long_id = "x" * 20
    state = told_with_long_ids(phase, long_id)

    frame = msgspec.json.encode(
        public(
            state,
            teller_name=letter * 24,
            title=longest_words(of="title"),
            low=letter * 20,
            high=letter * 20,
            calls=tuple("y" * 31 + str(i) for i in range(6)),
        )
    )

    assert len(frame) <= SMALL


def told_with_long_ids(phase: str, long_id: str):
    """A room in a phase, with ids and times as long as real ones."""
    from stories.protocol.room import replay

    real = 1_795_375_000_000
    facts = []
    for fact in HISTORIES[phase]:
        longer = {
            name: real + getattr(fact, name)
            for name in ("at", "ends_at")
            if getattr(fact, name, None) is not None
        }
        longer |= {name: long_id for name in ("telling", "teller") if hasattr(fact, name)}
        facts.append(msgspec.structs.replace(fact, **longer))
    return replay(facts)


def test_the_public_room_has_no_place_for_a_secret():
    # A field more here is a field everyone reads: think, then add it to this list.
    assert PublicRoom.__struct_fields__ == (
        "version",
        "phase",
        "paused",
        "paused_at",
        "since",
        "ends_at",
        "step",
        "locked",
        "display",
        "open_table",
        "told",
        "telling",
    )
    assert PublicTelling.__struct_fields__ == (
        "id",
        "number",
        "teller",
        "teller_name",
        "source",
        "mode",
        "title",
        "low",
        "high",
        "rate_hz",
        "started_at",
        "ended_at",
        "calls",
    )


def test_facts_have_no_place_for_words_names_or_arcs():
    texts = {name for kind in AnyFact.__args__ for name, of in kind.__annotations__.items() if of is str}

    assert texts == {"telling", "teller"}


def test_a_running_story_is_public_when_it_is_told():
    assert public(running(), teller_name="Amber Fox", low="heavy", high="light") == PublicRoom(
        version=3,
        phase="telling",
        ends_at=121_000,
        told=1,
        telling=PublicTelling(
            id=TELLING,
            number=1,
            teller=ANA,
            teller_name="Amber Fox",
            source="C",
            mode="spoken",
            low="heavy",
            high="light",
            started_at=1000,
        ),
    )


def test_the_phase_underneath_stays_public_when_the_room_breathes():
    shown = public(running((5000, breath)))

    assert (shown.phase, shown.paused, shown.paused_at, shown.ends_at) == ("telling", "breath", 5000, 121_000)


def test_the_deadline_is_the_tellers_when_the_teller_is_gone():
    shown = public(running((5000, gone)))

    assert (shown.paused, shown.ends_at) == ("teller_gone", 125_000)


def test_the_public_steps_are_those_of_the_reveal_when_it_opens():
    revealing = running((5000, done), (6000, onward), (7000, onward))

    assert (public(revealing).step, public(told((0, moves.Open()))).step) == (2, 0)


@pytest.mark.parametrize("phase", ["lobby", "warmup", "ended"])
def test_no_story_is_public_when_none_is_at_hand(phase):
    assert public(room(phase)).telling is None

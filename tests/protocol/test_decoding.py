"""Nothing gets past the decoder that the protocol does not know."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.protocol import commands as c
from stories.protocol.describe.examples import EXAMPLES, example
from stories.protocol.describe.shapes import CLIENT, SERVER
from stories.protocol.messages import decode, encode, type_of
from stories.protocol.replies import ServerMessage
from stories.protocol.words import MAX_FRAME

FRAMES = {type_of(kind): msgspec.json.decode(example(kind)) for kind in CLIENT}


def wrong(frame: object) -> bool:
    """Whether a frame is refused, by the one exception the socket answers."""
    try:
        decode(frame if isinstance(frame, bytes | str) else msgspec.json.encode(frame))
    except msgspec.DecodeError:
        return True
    return False


@pytest.mark.parametrize("kind", CLIENT, ids=type_of)
def test_every_message_is_understood_when_said_as_in_its_example(kind):
    assert decode(example(kind)) == next(one for one in EXAMPLES if type(one) is kind)


@pytest.mark.parametrize("kind", SERVER, ids=type_of)
def test_every_answer_reads_as_it_was_meant_when_said_as_in_its_example(kind):
    said = next(one for one in EXAMPLES if type(one) is kind)

    assert msgspec.json.decode(encode(said), type=ServerMessage) == said
    assert msgspec.json.decode(example(kind)) == msgspec.json.decode(encode(said))


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_an_unknown_field_is_refused_in_every_message(frame):
    assert not wrong(frame)
    assert wrong({**frame, "surprise": 1})


@pytest.mark.parametrize("name", FRAMES)
def test_a_missing_field_is_refused_unless_it_has_a_default(name):
    kind = next(kind for kind in CLIENT if type_of(kind) == name)
    for field in msgspec.structs.fields(kind):
        without = {k: v for k, v in FRAMES[name].items() if k != field.encode_name}
        assert wrong(without) == field.required


@pytest.mark.parametrize("name", FRAMES)
def test_a_field_of_another_type_is_refused_in_every_message(name):
    for field, value in FRAMES[name].items():
        for other in ({"a": 1}, [[]], not isinstance(value, bool) or 7):
            assert wrong({**FRAMES[name], field: other}), (field, other)


CHUNK = FRAMES["trace.chunk"]
BEAT = FRAMES["beat.mark"]


@pytest.mark.parametrize(
    "frame",
    [
        {**CHUNK, "values": []},
        {**CHUNK, "values": [0] * 2401},
        {**CHUNK, "values": [1001]},
        {**CHUNK, "values": [-1]},
        {**CHUNK, "values": [0.5]},
        {**CHUNK, "values": [True]},
        {**CHUNK, "values": ["500"]},
        {**CHUNK, "seq": -1},
        {**CHUNK, "seq": 100_001},
        {**CHUNK, "first_tick": -1},
        {**CHUNK, "first_tick": 1_000_001},
        {**CHUNK, "first_tick": 2**70},
        {**CHUNK, "run": ""},
        {**CHUNK, "run": "r" * 33},
        {**CHUNK, "run": "with space"},
        {**CHUNK, "run": "ünï"},
        {**CHUNK, "telling": "'; DROP"},
        {**BEAT, "words": "w" * 281},
        {**BEAT, "line": 101},
        {**FRAMES["dial.moved"], "level": 1001},
        {**FRAMES["heard.rate"], "level": 0},
        {**FRAMES["heard.rate"], "level": 6},
        {**FRAMES["hello"], "role": "teacher"},
        {**FRAMES["hello"], "token": "t" * 65},
        {**FRAMES["telling.choose"], "source": "D"},
        {**FRAMES["lines.write"], "lines": [{"words": "w"}] * 41},
        {**FRAMES["lines.write"], "lines": [{"words": ""}]},
        {**FRAMES["lines.write"], "lines": [{"words": "w", "surprise": 1}]},
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_when_decoded(frame):
    assert wrong(frame)


@pytest.mark.parametrize(
    "frame",
    [
        {**CHUNK, "values": [0, 1000, None]},
        {**CHUNK, "values": [None] * 2400},
        {**CHUNK, "seq": 100_000, "first_tick": 1_000_000},
        {**BEAT, "words": "🦊" * 280},
    ],
    ids=lambda frame: str(frame)[:60],
)
def test_what_is_just_in_range_is_taken_when_decoded(frame):
    assert not wrong(frame)
    assert len(msgspec.json.encode(frame)) <= MAX_FRAME


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        "[]",
        '"hello"',
        "{}",
        '{"type":null}',
        '{"type":"welcome"}',
        '{"type":"telling.started"}',
        '{"type":"clock.ping","sent":NaN}',
        '{"type":"clock.ping","sent":1e999}',
        '{"type":"beat.mark","telling":"t","beat":"b","tick":1,"words":"\\ud800"}',
        b"\xff\xfe",
        b'{"type":"clock.ping","sent":1}\x00',
        '{"a":' + "[" * 16_000,
        '{"a":' + '{"a":' * 3000,
        '{"type":"trace.chunk","values":' + "[" * 16_000,
        '{"type":"clock.ping","sent":' + "9" * 16_000 + "}",
    ],
    ids=lambda frame: str(frame)[:40],
)
def test_what_is_no_message_is_refused_and_nothing_else_happens(frame):
    assert wrong(frame)


@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused_and_nothing_else_happens(frame):
    wrong(frame)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FRAMES)), st.data())
def test_any_mangled_message_is_understood_or_refused_and_nothing_else_happens(name, data):
    frame = dict(FRAMES[name])
    field = data.draw(st.sampled_from(sorted(frame)))
    frame[field] = data.draw(json_like)

    if not wrong(frame):
        assert isinstance(decode(msgspec.json.encode(frame)), c.Message)

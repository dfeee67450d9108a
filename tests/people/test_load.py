"""The crowd's own websocket frames, cut anywhere."""

import pytest
from websockets.frames import Frame, Opcode

from stories.people.frames import framed, parsed

TEXTS = [b"", b"x" * 125, b"y" * 126, b"z" * 70_000]


@pytest.mark.parametrize("piece", [1, 7, 1000, 1_000_000])
def test_frames_are_read_whole_however_they_arrive(piece):
    stream = b"".join(Frame(Opcode.TEXT, text).serialize(mask=False) for text in TEXTS)

    buffer, heard = bytearray(), []
    for at in range(0, len(stream), piece):
        buffer += stream[at : at + piece]
        heard += parsed(buffer)

    assert heard == [(1, text) for text in TEXTS]
    assert buffer == b""


@pytest.mark.parametrize("text", TEXTS[:3])
def test_a_mask_of_zeros_leaves_the_text_as_it_is(text):
    sent = framed(text)

    assert sent.endswith(b"\0\0\0\0" + text)
    assert sent[1] & 0x80

"""`manage.py simulate` and `manage.py demo`, as somebody would run them."""

import asyncio
import os
import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from stories.people.browser import Browser
from stories.people.server import Server, free_port
from tests.conftest import FAST, MANAGE


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(MANAGE), *command],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
    )


def test_simulate_opens_a_room_tells_and_says_how_it_went(server: Server) -> None:
    done = run(
        "simulate",
        "--new",
        "--url",
        server.address,
        "--listeners",
        "5",
        "--minutes",
        "0.8",
        "--coupling",
        "0.9",
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"verdict (in_step|often): r 0\.\d+", done.stdout)
    assert re.search(r"\d+ samples stored in \d+ chunks; ack median \d+ ms", done.stdout)


async def test_simulated_people_join_a_room_that_somebody_else_hosts(server: Server) -> None:
    cleo = Browser(server.address)
    desk = await cleo.open_room()
    guests = await asyncio.create_subprocess_exec(
        *(sys.executable, str(MANAGE), "simulate", "--code", desk.code, "--listeners", "3"),
        *("--url", server.address),
        stdout=subprocess.PIPE,
    )
    assert guests.stdout is not None
    said = await guests.stdout.readline()

    await cleo.act(desk.code, "delete", sure="yes")
    code = await asyncio.wait_for(guests.wait(), 20)

    assert said.decode().startswith(f"3 people sit in room {desk.code}.")
    assert code == 0


def test_a_crowd_opens_a_room_says_what_it_waited_for_and_leaves_nothing_behind(server: Server) -> None:
    rooms = server.rows("SELECT COUNT(*) FROM stories_room WHERE ended_at IS NULL")

    done = run("simulate", "--new", "--load", "--url", server.address, "--listeners", "6", "--seconds", "2")

    assert (done.returncode, done.stderr) == (0, "")
    said = re.search(
        r"(\d+) chunks sent, (\d+) acked, 0 refused, 0 unanswered; 0 sockets closed", done.stdout
    )
    assert said is not None
    assert said[1] == said[2]
    assert re.findall(r"(ack|line): median \d+ ms, p99 \d+ ms", done.stdout) == ["ack", "line"]
    assert server.rows("SELECT COUNT(*) FROM stories_room WHERE ended_at IS NULL") == rooms


async def test_a_crowd_waits_for_the_story_of_the_room_it_was_sent_to(table) -> None:
    crowd = await asyncio.create_subprocess_exec(
        *(sys.executable, str(MANAGE), "simulate", "--load", "--code", table.evening.desk.code),
        *("--url", table.server.address, "--listeners", "3", "--seconds", "1.5"),
        stdout=subprocess.PIPE,
    )
    assert crowd.stdout is not None
    waiting = await asyncio.wait_for(crowd.stdout.readline(), 30)
    telling = await table.begin()
    said, _ = await asyncio.wait_for(crowd.communicate(), 30)

    assert waiting.decode().startswith("3 sockets are open after ")
    acked = re.search(r"(\d+) acked, 0 refused, 0 unanswered; 0 sockets closed", said.decode())
    assert acked is not None
    stored = table.rows(
        "SELECT COUNT(*) FROM stories_chunk c JOIN stories_telling t ON t.id = c.telling_id"
        " JOIN stories_participant p ON p.id = c.participant_id"
        " WHERE t.public_id = ? AND p.number > ?",
        telling,
        len(table.people),
    )
    assert stored == [(int(acked[1]),)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--code", "000000", "--url", "{server}"], "/j/000000 answered 404"),
        (["--new", "--url", "{nobody}"], "start it with `make play`"),
        (["--new", "--coupling", "2"], "--coupling lies in 0..1, got 2.0"),
        (["--new", "--minutes", "0"], "--minutes lies in 0..10, got 0.0"),
        (["--new", "--listeners", "0"], "--listeners must be at least 1, got 0"),
        (["--new", "--load", "--seconds", "0"], "--seconds lies in 0..170, got 0.0"),
        (["--new", "--load", "--url", "{nobody}"], "start it with `make play`"),
        (["--new", "--load", "--url", "http://192.0.2.1"], "on another server with --elsewhere only"),
    ],
)
def test_simulate_says_in_a_sentence_what_is_wrong(server: Server, options: list[str], sentence: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(CommandError) as wrong:
        call_command("simulate", *(o.format(server=server.address, nobody=nobody) for o in options))

    assert sentence in str(wrong.value)


def test_the_demo_goes_from_the_lobby_to_the_reveal_alone() -> None:
    done = run(
        *("demo", "--port", str(free_port()), "--people", "3", "--lobby", "5", "--leave"),
        MIRROR_CLOCK_RATE=str(FAST),
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(re.findall(r"http://\S+/pair/[\w-]{16,}", done.stdout)) == 2
    reveal = [line.strip() for line in done.stdout.splitlines() if "Reveal:" in line]
    assert reveal == [
        "Reveal: the teller's line.",
        "Reveal: the room's line.",
        "Reveal: where it moved together and apart.",
        "Reveal: the score.",
    ]
    assert re.search(r"verdict \w+: r ", done.stdout)

"""Seats for a crowd, put into a room's rows at once: what a door costs is measured elsewhere.

Started as `python -m stories.management.bench.seating CODE=N ...` with the server's own settings; says ids and
secrets as JSON.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrorgame.settings")


def seated(code: str, n: int) -> list[tuple[str, str]]:
    """So many more people in the room with this code."""
    from stories import seats
    from stories.models import Participant

    room = seats.room_by_code(code)
    if room is None:
        raise LookupError(f"no room {code}")
    first = seats.next_number(room)
    tokens = [seats.new_token() for _ in range(n)]
    people = []
    for number, token in enumerate(tokens, first):
        colour, shape = seats.light(number)
        people.append(
            Participant(
                room=room,
                public_id=seats.new_id(),
                token_hash=seats.hashed(token),
                number=number,
                name=f"Listener {number}",
                colour=colour,
                shape=shape,
            )
        )
    Participant.objects.bulk_create(people, batch_size=500)
    return [(seat.public_id, token) for seat, token in zip(people, tokens, strict=True)]


if __name__ == "__main__":
    django.setup()
    wanted = [one.split("=") for one in sys.argv[1:]]
    sys.stdout.write(json.dumps([seated(code, int(n)) for code, n in wanted]))

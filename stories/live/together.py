"""One unit of work for everybody who asked while the last one ran: two thousand hellos are a few commits."""

import asyncio
import copy
import hmac
from collections import deque
from collections.abc import Callable, Sequence

from django.db import connection, transaction

from stories import models, seats
from stories.live.offload import offload

MOST_AT_ONCE = 200


class Together[Ask, Answer]:
    """`work` gets a list of questions, on a thread, and answers each; who asks meanwhile is in the next list."""

    def __init__(self, work: Callable[[list[Ask]], Sequence[Answer]]) -> None:
        self._work = work
        self._asked: deque[tuple[Ask, asyncio.Future[Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Ask) -> Answer:
        """The answer to one question; what the work raises is raised to all of its list."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked.append((question, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._asked:
                now = [self._asked.popleft() for _ in range(min(MOST_AT_ONCE, len(self._asked)))]
                await self._answer(now)
        finally:
            self._task = None

    async def _answer(self, asked: list[tuple[Ask, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await offload(self._work, [question for question, _ in asked])
        except Exception as error:  # noqa: BLE001  (it is raised to whoever asked)
            for _, future in asked:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)


Hello = tuple[str, str | None, str]


def sit(hellos: list[Hello]) -> list[models.Participant | int]:
    """Give seats their new sockets: (public id, secret, socket) each. The seat, or the code that says why not."""
    found = models.Participant.objects.select_related("room").in_bulk(
        {public_id for public_id, _, _ in hellos}, field_name="public_id"
    )
    answers = [_seat(found.get(public_id), token, socket) for public_id, token, socket in hellos]
    claimed = [(seat.socket, seat.pk) for seat in answers if isinstance(seat, models.Participant)]
    if claimed:
        # In one order everywhere, or two processes wait for each other in a ring. Of two pages of one seat
        # the newer still has it: sorting leaves their order as it was.
        claimed.sort(key=lambda claim: claim[1])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany("UPDATE stories_participant SET socket = %s WHERE id = %s", claimed)
    return answers


Goodbye = tuple[int, str]


def stand(goodbyes: list[Goodbye]) -> list[bool]:
    """Free the seats whose pages are gone: (the seat's row, the page's socket) each. Whether it was still its own.

    A seat that a newer page has is left alone.
    """
    wanted = models.Participant.objects.filter(
        pk__in={row for row, _ in goodbyes}, socket__in={socket for _, socket in goodbyes}
    )
    with transaction.atomic():
        held = dict(wanted.order_by("pk").select_for_update().values_list("pk", "socket"))
        freed = [held.get(row) == socket for row, socket in goodbyes]
        gone = [row for (row, _), was in zip(goodbyes, freed, strict=True) if was]
        models.Participant.objects.filter(pk__in=gone).update(socket="")
    return freed


def _seat(seat: models.Participant | None, token: str | None, socket: str) -> models.Participant | int:
    if seat is None or not token:
        return 4401 if seat is None or seat.removed_at is None else 4403
    if seat.removed_at is not None:
        return 4403
    if not hmac.compare_digest(seat.token_hash, seats.hashed(token)):
        return 4401
    own = copy.copy(seat)
    own.socket = socket
    return own

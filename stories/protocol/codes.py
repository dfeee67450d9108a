"""Why something was refused or a socket closed: codes for machines, a sentence for developers."""

# Why a socket was closed. Clients come back on every other code.
CLOSE_CODES: dict[int, str] = {
    1013: "the server cannot answer just now",
    4400: "bad message: not JSON, unknown, malformed or before hello",
    4401: "no seat or console here: the token is missing, wrong or expired",
    4403: "removed from the room by the host",
    4404: "the room is gone",
    4408: "too slow: the socket stopped reading",
    4409: "this seat was opened elsewhere; the newest page wins",
    4426: "another protocol version: reload the page",
    4429: "too many messages",
}
FINAL_CLOSE_CODES = frozenset({4401, 4403, 4404, 4409, 4426})

# Every refusal code a client may meet, with what it means for a developer; templates hold the player's words.
REFUSALS: dict[str, str] = {
    "role.not_yours": "this role may not say that",
    "phase.wrong": "the room is in another phase",
    "pause.nothing": "there is nothing to pause",
    "pause.none": "the room is not paused",
    "telling.unknown": "no such telling in this room",
    "telling.not_now": "another telling is at hand, or none",
    "telling.not_yours": "only its teller may do that",
    "telling.needs_listener": "a telling needs at least one listener besides the teller",
    "telling.longest": "the telling cannot be extended further",
    "teller.unknown": "that seat is not in this room",
    "content.unknown": "no such card, script or arc",
    "trace.conflict": "another content was stored under this run and seq",
    "trace.not_sampled": "this seat gives no trace in this telling",
    "trace.future": "these ticks have not happened yet",
    "trace.range": "these ticks lie outside the telling",
    "trace.too_late": "the telling ended more than 60 minutes ago",
    "trace.poisonous": "this chunk cannot be stored",
    "trace.busy": "too many chunks of this socket wait for the disk; sent again later they are welcome",
    "beat.conflict": "another beat was stored under this id",
    "beat.unknown": "no such beat",
    "beat.too_many": "a telling holds at most 80 beats",
    "beat.range": "this tick lies outside the telling",
    "call.closed": "the Call is over",
    "call.unknown": "that is not one of the choices",
    "name.fixed": "names stay while a telling runs",
    "rate.slow_down": "too many messages; this one was dropped",
    "room.full": "the room is full",
    "room.locked": "the room is locked",
    "room.ended": "the room has ended",
}

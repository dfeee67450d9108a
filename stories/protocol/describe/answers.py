"""Who hears what: the roles that may say a message, what answers it, and whom the server's own news are for."""

# The answers of a message that is obeyed; what is refused is answered `refused`.
ANSWERS: dict[str, str] = {
    "hello": "`welcome` <-, then as the phase has it `caption.shown`, `reveal.shown`, `roster.updated`",
    "clock.ping": "`clock.pong` <-",
    "state.ask": "`room.state` <-",
    "dial.moved": "nothing; `lights.moved` <≈ (console and stage)",
    "trace.chunk": "`trace.acked` <- after the commit",
    "trace.closed": "`trace.sealed` <-",
    "teller.offer": "`you.changed` <-; `roster.updated` <≈ (console and stage)",
    "name.another": "`you.changed` <-; `roster.updated` <≈ (console and stage)",
    "telling.choose": "`room.changed` <≈ if source or mode changed; `you.changed` <- if the arc did",
    "lines.write": "`you.changed` <-",
    "telling.begin": "`room.changed` <≈",
    "teller.pass": "`room.changed` <≈",
    "telling.pause": "`room.changed` <≈; nothing if the room is paused already",
    "telling.resume": "`room.changed` <≈",
    "telling.extend": "`room.changed` <≈",
    "telling.finish": "`room.changed` <≈",
    "beat.mark": "`beat.marked` <-; `caption.shown` <≈; `you.changed` <-",
    "beat.place": "`beat.marked` <- with its level",
    "placing.finish": "`room.changed` <≈",
    "heard.rate": "`heard.rated` <-",
    "call.make": "`call.made` <-",
}

# What every role may say; everything else is for players, and refused to others as `role.not_yours`.
FOR_ALL = frozenset({"hello", "clock.ping", "state.ask"})

# News for more than one socket, and for which roles; every other message is for one socket alone.
NEWS: dict[str, str] = {
    "room.changed": "everyone",
    "heartbeat": "everyone",
    "roster.updated": "console and stage",
    "lights.moved": "console and stage",
    "reel.grew": "console and stage",
    "caption.shown": "everyone",
    "reveal.shown": "everyone",
    "coupling.updated": "the console; in `open` rooms everyone, without `people`",
}

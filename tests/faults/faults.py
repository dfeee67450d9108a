"""Everything that is done to the game to see whether it loses something, by the names its report has for it."""

from difflib import get_close_matches

# What is done, and what of it a reader could not guess from its name. A test that tries another thing adds it here;
# one that is listed here and tried by no test is found by tests/faults/test_report.py.
FAULTS: dict[str, str] = {
    "20 links a second are cut, 20 to 120 ms of delay": (
        "One connection by chance is aborted at both ends, again and again, in the middle of a word."
    ),
    "links stay open and carry nothing (half-open)": (
        "Both ends believe in a connection through which not a byte passes any more."
    ),
    "a web worker is killed (-9), three times": "Each time the one with the most connections.",
    "all web workers are killed (-9) at once": "As a power cut does; `serve` starts new ones.",
    "the server is replaced (SIGTERM)": "A deploy: old workers say 1012 and leave, a new server comes up.",
    "Redis is killed, and started empty": "Wake-ups between workers and the broker's queue are gone.",
    "Redis is frozen (SIGSTOP)": "It accepts connections and answers nothing.",
    "Redis is wiped (FLUSHALL)": "Groups, queues and locks are gone while every connection stays open.",
    "PostgreSQL is restarted": "A fast shutdown: open transactions are rolled back, connections closed.",
    "PostgreSQL is killed (-9), and 4 s away": "Recovered from its log when it comes back.",
    "PostgreSQL is killed (-9), and 17 s away": "Longer than a client's patience for an ack, or a pool's for a server.",
    "PostgreSQL's disk is full": "Every write fails until there is room again.",
    "PostgreSQL has no room to write ahead": "It panics and stops; it is started again once there is room.",
    "SQLite's disk is full": "Every write fails, for the game in one process.",
    "a row cannot be stored": "One poisonous row among the good ones of a batch: it alone is refused.",
    "Celery's worker is killed (-9) in the middle of a job": "The report still comes, once, without a human.",
    "Celery's child is killed (-9) in the middle of a job": "As when memory runs out: the worker lives on.",
    "Celery's worker is away when a story ends": "The job waits for whoever comes.",
    "the broker is away when a story ends": "The job is a row, and is found by the sweep.",
    "the broker hangs when a story ends": "It accepts connections and answers nothing; no page waits for it.",
    "pages are reloaded": "In the middle of the story, with what the tab's storage holds.",
    "pages are reloaded and their storage is cleared": "What was not acked may be gone; what was, is kept.",
    "tabs are duplicated": "Two pages of one seat feel at once; the newest wins per tick.",
    "a copied secret is used elsewhere": "The copy has the seat, or none once it was removed; what was acked stays.",
    "old messages are replayed, changed": "Chunks, closings and beats of an earlier run, as they were and forged.",
    "phones are frozen for half an hour": "They come back after the story and hand over what they had felt.",
    "phones' clocks are three hours off": "Ahead or behind, from the start or all at once in the middle.",
    "clients never read, or never say hello": "Eight ask for more and read nothing; two hundred say nothing.",
    "clients flood and talk garbage": "A thousand frames a second and as many as fit, again whenever they are closed.",
    "frames of 16 MiB come": "Twelve at once, where 16 KiB is the most.",
    "500 bots want in": "500 times the form of the room's door, 500 sockets with made-up secrets.",
    "people come and go for long (soak)": "Rooms fill, tell, empty and fill again; nothing is held for who has gone.",
    "operations and faults are drawn by chance": "Sequences nobody thought of, by a state machine.",
}


def known(fault: str) -> str:
    """The fault, if it has a row in the report."""
    if fault in FAULTS:
        return fault
    near = get_close_matches(fault, FAULTS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{fault!r} is no fault of FAULTS (tests/faults/faults.py): add it there{hint}")

"""What the log may hold: routes, never paths, since ours name seats, rooms and one-time tokens."""

import logging


class RoutesOnly(logging.Filter):
    """Where Django quotes a request's path, say which address it was instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without the path."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            # Django escapes what it quotes.
            quoted = {path, path.encode("unicode_escape").decode()}
            route = match.route if match else "(no address of ours)"
            record.args = tuple(route if arg in quoted else arg for arg in record.args)
        return True

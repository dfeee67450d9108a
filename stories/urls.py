"""Every address of the game. A new one must be classified in tests/web/test_permissions.py."""

from django.urls import path, register_converter

from stories.views import door, health, host, pages, play, replay, stage


class Code:
    """Six digits, with the space or dash that hands put in the middle."""

    regex = r"[0-9]{3}[ \-]?[0-9]{3}"

    def to_python(self, value: str) -> str:
        return value[:3] + value[-3:]

    def to_url(self, value: str) -> str:
        return str(value)


class Token:
    """What ids and secrets are made of."""

    regex = r"[A-Za-z0-9_-]{8,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(Code, "code")
register_converter(Token, "token")

urlpatterns = [
    path("", door.landing, name="landing"),
    path("rooms/start", door.start, name="start"),
    path("join", door.join, name="join"),
    path("<code:code>", door.enter, name="enter_short"),
    path("j/<code:code>", door.enter, name="enter"),
    path("j/<code:code>.svg", door.qr, name="qr"),
    path("pair/<token:token>", door.pair, name="pair"),
    path("play/<token:seat>", play.show, name="play"),
    path("play/<token:seat>/forget", play.forget, name="forget"),
    path("play/<token:seat>/withdraw", play.withdraw, name="withdraw"),
    path("play/<token:seat>/keep", play.keep, name="keep"),
    path("play/<token:seat>/leave", play.leave, name="leave"),
    path("stage/<code:code>", stage.show, name="stage"),
    path("host/<code:code>", host.show, name="console"),
    path("host/<code:code>/<slug:action>", host.act, name="act"),
    path("r/<token:replay_id>.svg", replay.qr, name="replay_qr"),
    path("r/<token:replay_id>", replay.show, name="replay"),
    path("how", pages.how, name="how"),
    path("privacy", pages.privacy, name="privacy"),
    path("check", pages.check, name="check"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.numbers, name="metrics"),
]

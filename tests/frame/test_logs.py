"""The log names routes; whoever reads it learns no seat, no code and no token."""

import logging

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/pair/OneTimeToken123", "pair/<token:token>"),
        ("/play/9f2e61c7d05b48aa3e71/withdraw", "play/<token:seat>/withdraw"),
        ("/host/482913/delete", "host/<code:code>/<slug:action>"),
    ],
)
def test_log_names_the_route_when_a_form_is_refused(caplog, path, route):
    kept = import_string(settings.LOGGING["filters"]["routes"]["()"])()

    with caplog.at_level(logging.WARNING):
        Client(enforce_csrf_checks=True).post(path)

    said = [record.getMessage() for record in caplog.records if kept.filter(record)]
    assert [line.rsplit(": ", 1)[-1] for line in said] == [route]
    assert path not in "".join(said)
    assert all(handler["filters"] == ["routes"] for handler in settings.LOGGING["handlers"].values())

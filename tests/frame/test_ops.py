"""What is watched exists: no alarm and no panel asks for a number that nobody tells."""

import json
import re

import pytest
from django.test import Client
from ruamel.yaml import YAML

from tests.production.compose import ROOT

pytestmark = pytest.mark.django_db

OPS = ROOT / "docs" / "ops"
NAME = re.compile(r"\bmirror_[a-z_]+\b")


@pytest.fixture
def told(settings) -> set[str]:
    """Every series that /metrics can tell, by its name in a query."""
    settings.METRICS_TOKEN = "t"
    text = Client().get("/metrics", headers={"Authorization": "Bearer t"}).text
    kinds = re.findall(r"^# TYPE (mirror_\w+) (\w+)$", text, re.MULTILINE)
    parts = {"histogram": ("_bucket", "_count", "_sum")}
    return {name + part for name, kind in kinds for part in parts.get(kind, ("",))}


def alarms() -> list[dict]:
    [group] = YAML(typ="safe").load((OPS / "alerts.yml").read_text())["groups"]
    return group["rules"]


def test_every_panel_asks_for_numbers_that_are_told(told):
    board = json.loads((OPS / "dashboard.json").read_text())
    asked = {panel["title"]: NAME.findall(t["expr"]) for panel in board["panels"] for t in panel["targets"]}

    assert all(asked.values())
    assert {name for names in asked.values() for name in names} - told == set()


def test_every_number_has_a_panel(told):
    board = (OPS / "dashboard.json").read_text()
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in NAME.findall(board)}

    assert {re.sub("_(bucket|count|sum)$", "", name) for name in told} - shown == set()


def test_every_alarm_asks_for_numbers_that_are_told(told):
    assert {name for rule in alarms() for name in NAME.findall(rule["expr"])} - told == set()


def test_every_alarm_is_explained_and_nothing_else_is():
    page = (ROOT / "docs" / "OPERATIONS.md").read_text()
    explained = page.partition("## What each alarm means")[2]

    assert [rule["alert"] for rule in alarms()] == re.findall(r"^### (\w+)$", explained, re.MULTILINE)

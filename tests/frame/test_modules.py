"""The player's modules are asked for before they are found: the list of them must be whole."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def imports(name: str) -> set[str]:
    """A module and everything it imports, however far away."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += re.findall(r'from "\./([a-z_]+)\.js"', (ROOT / f"static/js/{one}.js").read_text())
    return found


def test_every_module_of_a_players_page_is_preloaded_once():
    listed = re.findall(r"js/([a-z_]+)\.js", (ROOT / "templates/play/_modules.html").read_text())

    assert sorted(listed) == sorted(imports("play"))

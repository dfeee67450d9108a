"""docker-compose.yml as a test reads it: parsed, with its variables filled in as compose would."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
# ${NAME}, ${NAME:-default}, ${NAME:?complaint}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")

Tree = Any


def parsed(name: str = "docker-compose.yml") -> Tree:
    """The file as it is written, anchors and merges resolved."""
    return YAML(typ="safe").load((ROOT / name).read_text())


def variables(tree: Tree) -> dict[str, str]:
    """Every variable a file reads, with its default."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        return {name: default for part in tree for name, default in variables(part).items()}
    return {
        found["name"]: found["word"] if found["kind"] == "-" else "" for found in VARIABLE.finditer(str(tree))
    }


def filled(tree: Tree, env: dict[str, str]) -> Tree:
    """The same with its variables filled in; raises KeyError with the complaint of one that must be set."""
    if isinstance(tree, dict):
        return {key: filled(value, env) for key, value in tree.items()}
    if isinstance(tree, list):
        return [filled(part, env) for part in tree]
    if not isinstance(tree, str):
        return tree

    def fill(found: re.Match[str]) -> str:
        name, kind, word = found["name"], found["kind"], found["word"]
        if env.get(name):
            return env[name]
        if kind == "-":
            return str(word)
        raise KeyError(f"{name}: {word}")

    return VARIABLE.sub(fill, tree)


def example() -> dict[str, str]:
    """.env.example, as compose would read it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

"""The command of the engine, run within the test, and the table it is mostly run on."""

from pathlib import Path

from stories.synchrony.__main__ import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "telling.csv"
README = EXAMPLE.with_name("README.md")

__all__ = ["EXAMPLE", "README", "ROOT", "main", "run"]


def run(capsys, *argv):
    """Exit code, standard output and standard error."""
    code = main([str(part) for part in argv])
    out, err = capsys.readouterr()
    return code, out, err

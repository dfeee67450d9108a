"""Write what is derived from the messages: the page, the JSON Schema and the browser's types."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stories.protocol import describe
from stories.protocol.describe.page import page
from stories.protocol.describe.schema import schema
from stories.protocol.describe.typescript import typescript

TEMPLATE = Path(describe.__file__).parent / "protocol.md.in"


def written(base: Path) -> dict[Path, str]:
    """Every generated file and what belongs into it."""
    return {
        base / "docs" / "protocol.md": page(TEMPLATE.read_text(encoding="utf-8")),
        base / "docs" / "protocol.schema.json": schema(),
        base / "static" / "js" / "protocol.d.ts": typescript(),
    }


class Command(BaseCommand):
    """`manage.py protocol`, and `--check` for the build."""

    help = "Writes docs/protocol.md, docs/protocol.schema.json and static/js/protocol.d.ts."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether they are up to date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        stale = [
            path
            for path, text in written(base).items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if check:
            if stale:
                names = ", ".join(str(path.relative_to(base)) for path in stale)
                raise CommandError(f"stale, run `make protocol`: {names}")
            return
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written(base)[path], encoding="utf-8")
            self.stdout.write(f"wrote {path.relative_to(base)}")

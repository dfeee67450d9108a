"""Every sentence of the game in every language it is offered in; this says what is missing.

Pure Python, so a machine without GNU gettext can check what one with it has made. --content prints
the words that live in JSON as a template, for `scripts/messages` to extract.
"""

import argparse
import ast
import gettext
import re
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from django.conf import settings  # noqa: E402
from django.utils.translation.template import templatize  # noqa: E402

from stories import content  # noqa: E402

STRING = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(?:gettext|ngettext|gettext_lazy|_)\(\s*{STRING}(?:\s*,\s*{STRING})?")
# What a translation may not lose: blanks of scripts and of templates, and markup.
BLANK = re.compile(r"\{\w+\}|%\(\w+\)s|</?\w+>")

Message = tuple[str, ...]  # a sentence, or its singular and plural
Catalogue = dict[Message, list[str]]


def sentences() -> set[Message]:
    """Everything that wants translating, as templates, code and content have it now."""
    found: set[Message] = {(word,) for word in content.words()}
    for path in sorted((HOME / "templates").rglob("*.html")):
        found |= calls(templatize(path.read_text("utf-8"), origin=str(path)))
    for path in sorted((HOME / "stories").rglob("*.py")):
        found |= calls(path.read_text("utf-8"))
    return found


def calls(code: str) -> set[Message]:
    """The literal arguments of calls of gettext."""
    return {tuple(ast.literal_eval(one) for one in found if one) for found in CALL.findall(code)}


def read(path: Path) -> tuple[Catalogue, list[str]]:
    """A .po file: its messages, and the ones that are only guessed."""
    messages: Catalogue = {}
    guessed: list[str] = []
    for block in re.split(r"\n\s*\n", path.read_text("utf-8")):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        parts: list[tuple[str, str]] = []
        for line in lines:
            key, _, literal = line.partition('"')
            text = ast.literal_eval('"' + literal)
            if key.strip():
                parts.append((key.strip(), text))
            else:
                parts[-1] = (parts[-1][0], parts[-1][1] + text)
        message = tuple(text for key, text in parts if key.startswith("msgid"))
        if message:
            messages[message] = [text for key, text in parts if key.startswith("msgstr")]
            if re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE):
                guessed.append(message[0])
    return messages, guessed


def compiled(path: Path) -> dict[object, str]:
    """A .mo file as Python's own gettext reads it."""
    with path.open("rb") as file:
        # The one way to ask for everything at once; the public methods answer one sentence at a time.
        return vars(gettext.GNUTranslations(file))["_catalog"]


def complaints(folder: Path, wanted: set[Message]) -> list[str]:
    """What is wrong with one language, in words; empty when all is well."""
    messages, guessed = read(folder / "django.po")
    header = messages.pop(("",))[0]
    forms = int(re.search(r"nplurals=(\d)", header)[1])
    found = [f"only guessed: {message}" for message in guessed]
    found += [f"not in the catalogue, run make messages: {one[0]}" for one in sorted(wanted - set(messages))]
    found += [f"nowhere in the game, run make messages: {one[0]}" for one in sorted(set(messages) - wanted)]
    for message, translations in messages.items():
        found += [f"{wrong}: {message[0]}" for wrong in faults(message, translations, forms)]
    entries = {
        (one[0], i) if len(one) > 1 else one[0]: t for one, ts in messages.items() for i, t in enumerate(ts)
    }
    if {key: text for key, text in compiled(folder / "django.mo").items() if key != ""} != entries:
        found.append("django.mo is not what django.po says, run make messages")
    return found


def faults(message: Message, translations: list[str], forms: int) -> list[str]:
    """What is wrong with one translation."""
    if len(translations) != (forms if len(message) > 1 else 1) or not all(translations):
        return ["not translated"]
    found = []
    for text in translations:
        if sorted(set(BLANK.findall(text))) != sorted(set(BLANK.findall(message[-1]))):
            found.append(f"other blanks than {BLANK.findall(message[-1])} in {text!r}")
        if (text[0].isspace(), text[-1].isspace()) != (message[-1][0].isspace(), message[-1][-1].isspace()):
            found.append(f"other spaces around {text!r}")
    return found


def check() -> dict[str, list[str]]:
    """Complaints by language; English is what stands in the templates."""
    wanted = sentences()
    languages = [code for code, _name in settings.LANGUAGES if code != "en"]
    return {code: complaints(HOME / "locale" / code / "LC_MESSAGES", wanted) for code in languages}


def content_as_template() -> str:
    """The content's words between translate tags."""
    tags = "".join(f'{{% translate "{word}" %}}\n' for word in content.words())
    return f"{{% load i18n %}}\n{tags}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--content", action="store_true", help="print the content's words as a template")
    if parser.parse_args().content:
        print(content_as_template(), end="")
        return 0
    if not settings.configured:
        from mirrorgame import settings as ours

        settings.configure(LANGUAGES=ours.LANGUAGES)
    found = [f"{code}: {one}" for code, many in check().items() for one in many]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What people type and choose, cleaned before anything else sees it."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stories import content, seats

DURATIONS = (60, 90, 120, 180)
EXPOSURES = (1, 2, 3)
NAME_PROBLEMS = {
    "name.long": _("Please keep it to 24 letters."),
    "name.letters": _("Please use letters that can be seen."),
    "name.empty": _("Please type a name, or take the one above."),
}


class CodeForm(forms.Form):
    """A room's code, with whatever spaces and dashes hands put between digits."""

    code = forms.CharField(max_length=40)

    def clean_code(self) -> str:
        # NFKC-like: people paste full-width or Arabic digits; int() reads every script's digits alike.
        digits = "".join(str(int(c)) for c in self.cleaned_data["code"] if c.isdecimal())
        rest = re.sub(r"[\s\d.·\-–—_]", "", self.cleaned_data["code"])
        if rest or len(digits) != 6:
            raise forms.ValidationError(_("A code has six digits, like 482 913."), code="code.shape")
        return digits


class SeatForm(forms.Form):
    """Coming in: the seed of a suggested name, perhaps a name of one's own, perhaps two of us."""

    seed = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    name = forms.CharField(
        max_length=240, required=False, strip=False, error_messages={"max_length": NAME_PROBLEMS["name.long"]}
    )
    pair = forms.BooleanField(required=False)

    def __init__(self, *args: Any, free_names: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.free_names = free_names

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        # Where the host keeps to generated names, a name smuggled into the form is not even read.
        if not self.free_names or not name.strip():
            return ""
        try:
            return seats.clean_name(name)
        except ValueError as problem:
            raise forms.ValidationError(
                NAME_PROBLEMS.get(str(problem), NAME_PROBLEMS["name.letters"])
            ) from None


class PrepareForm(forms.Form):
    """The next story: who tells, what starts it, and how it will be told."""

    teller = forms.CharField(max_length=32)
    script = forms.CharField(max_length=40, required=False)
    deck = forms.CharField(max_length=40, required=False)
    card = forms.CharField(max_length=40, required=False)
    exposure = forms.TypedChoiceField(
        coerce=int, choices=[(n, n) for n in EXPOSURES], required=False, empty_value=EXPOSURES[-1]
    )
    source = forms.ChoiceField(choices=[("A", "A"), ("B", "B"), ("C", "C")], required=False)
    mode = forms.ChoiceField(
        choices=[("spoken", "spoken"), ("typed", "typed"), ("lines", "lines")], required=False
    )
    duration = forms.TypedChoiceField(
        coerce=int, choices=[(s, s) for s in DURATIONS], required=False, empty_value=120
    )

    def clean_source(self) -> str:
        return self.cleaned_data["source"] or "A"

    def clean_mode(self) -> str:
        return self.cleaned_data["mode"] or "spoken"

    def clean_script(self) -> str:
        script = self.cleaned_data["script"]
        if script and script not in {known.id for known in content.scripts()}:
            raise forms.ValidationError("content.unknown", code="content.unknown")
        return script

    def clean_deck(self) -> str:
        deck = self.cleaned_data["deck"]
        if deck and deck not in {known.slug for known in content.decks()}:
            raise forms.ValidationError("content.unknown", code="content.unknown")
        return deck

    def cards(self) -> list[str]:
        """The cards that may be drawn: the one chosen, or all of the deck up to the exposure allowed."""
        deck, card = self.cleaned_data["deck"], self.cleaned_data["card"]
        if not deck:
            return []
        allowed = [c.id for c in content.deck(deck).cards if c.exposure <= self.cleaned_data["exposure"]]
        return [card] if card in allowed else allowed


class AdvanceForm(forms.Form):
    """The next part of the reveal: how many were open when the button was pressed."""

    seen = forms.IntegerField(min_value=0, required=False)


class DisplayForm(forms.Form):
    """What may be seen while a story runs."""

    display = forms.ChoiceField(choices=[("sealed", "sealed"), ("glow", "glow"), ("open", "open")])
    open_table = forms.BooleanField(required=False)


class ScreenForm(forms.Form):
    """What this window is for."""

    screen = forms.ChoiceField(choices=[("projector", "projector"), ("console", "console"), ("both", "both")])


class PairForm(forms.Form):
    """Which page another device becomes."""

    role = forms.ChoiceField(choices=[("host", "host"), ("stage", "stage")])

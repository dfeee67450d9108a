"""A picture is text: panels, lines and words become one SVG file that reads in print, in grey and in the dark."""

from __future__ import annotations

from dataclasses import dataclass, field

from .axes import Ticks, key
from .ink import FONT, PAPER, SIZE, SOFT, Frame, Style, number, said, words, wrap
from .panel import Panel


@dataclass
class Chart:
    """Small multiples under one title and one key.

    Examples
    --------
    >>> chart = Chart("Two tellers", width=400)
    >>> _ = chart.panel(x_label="time (s)", y=(0, 1)).line([0, 1, 2], [0.2, float("nan"), 0.4], label="Ana")
    >>> chart.svg().startswith("<svg")
    True
    """

    title: str
    width: float = 720.0
    columns: int = 1
    note: str = ""
    """Small print under the title."""
    describe: str = ""
    """What somebody who cannot see the picture is told."""
    panels: list[Panel] = field(default_factory=list)
    key: list[tuple[str, Style, str]] = field(default_factory=list)

    def panel(
        self,
        *,
        title: str = "",
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        x_label: str = "",
        y_label: str = "",
        x_ticks: Ticks = None,
        y_ticks: Ticks = None,
        height: float = 200.0,
    ) -> Panel:
        """The next panel, row by row. Ranges and ticks are found where they are not given.

        A range may run downwards, (5, 0); ticks may have words, ``{0: "white", 1: "trend"}``.
        ``height`` is the axes' own, without words.
        """
        made = Panel(
            self.key, title=title, x=x, y=y, x_label=x_label, y_label=y_label,
            x_ticks=x_ticks, y_ticks=y_ticks, height=height,
        )  # fmt: skip
        self.panels.append(made)
        return made

    def svg(self) -> str:
        """The whole picture as one file; the same drawing is the same text, byte for byte."""
        body, at = [], 14.0
        for row in wrap(self.title, self.width - 32, 16.5):
            body.append(words(row, 16, at + 13, size=15, weight=600))
            at += 20
        for row in wrap(self.note, self.width - 32, SIZE):
            body.append(words(row, 16, at + 10, colour=SOFT))
            at += 16
        if self.key:
            drawn, at = key(self.key, at + 2, self.width)
            body.append(drawn)
        at += 8
        wide = (self.width - 16) / self.columns
        rows = [self.panels[i : i + self.columns] for i in range(0, len(self.panels), self.columns)]
        # Axes under each other begin at the same place.
        margins = [
            max((p.margins(wide)[0] for p in self.panels[c :: self.columns]), default=0.0)
            for c in range(self.columns)
        ]
        for row_of_panels in rows:
            head = 20 if any(p.title for p in row_of_panels) else 6
            foot = 40 if any(p.x_label for p in row_of_panels) else 26
            tall = max(p.height for p in row_of_panels)
            for c, panel in enumerate(row_of_panels[: self.columns]):
                left = 8 + c * wide + margins[c]
                x, y = panel.ranges()
                frame = Frame(left, at + head, wide - margins[c] - panel.margins(wide)[1], panel.height, x, y)
                body.append(panel.draw(frame))
            at += head + tall + foot
        w, h = number(self.width), number(at + 4)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"'
            f' font-family="{FONT}" font-size="{SIZE}">\n<title>{said(self.title)}</title>\n'
            f"<desc>{said(self.describe or self.title)}</desc>\n"
            f'<rect width="{w}" height="{h}" rx="6" fill="{PAPER}"/>\n' + "\n".join(body) + "\n</svg>\n"
        )

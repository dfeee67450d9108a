"""Pictures for the command and the study: small multiples as one SVG file, without a plotting library."""

from .chart import Chart
from .ink import INK, STYLES, Style

__all__ = ["INK", "STYLES", "Chart", "Style"]

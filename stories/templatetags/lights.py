"""Lights in templates: rows keep a shape as a number, the stylesheet knows it by name."""

from django import template

register = template.Library()

SHAPES = ("circle", "square", "triangle", "diamond", "hexagon", "star")


@register.filter
def shape_name(shape: int) -> str:
    """The name of a shape, as `data-shape` says it."""
    return SHAPES[int(shape) % len(SHAPES)]


@register.filter
def spaced(code: str) -> str:
    """A room's code as people write it: 482 913."""
    return f"{code[:3]} {code[3:]}"

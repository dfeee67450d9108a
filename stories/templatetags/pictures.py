"""Pictures in templates: moments of a story as people read them."""

from django import template

register = template.Library()


@register.filter
def story_time(seconds: float) -> str:
    """A moment of a story as m:ss."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"

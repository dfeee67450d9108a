"""The study of the score: is it right as often as it says? `python -m stories.synchrony.validity`."""

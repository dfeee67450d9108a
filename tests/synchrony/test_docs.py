"""Every example in a docstring is run."""

import doctest
import importlib
import pkgutil

import pytest

import stories.synchrony

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(stories.synchrony.__path__, "stories.synchrony.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    module = importlib.import_module(name)

    assert doctest.testmod(module).failed == 0


def test_every_public_name_exists():
    assert all(hasattr(stories.synchrony, name) for name in stories.synchrony.__all__)

"""Every public name says what goes in and what comes out, and every example in a docstring is run."""

import dataclasses
import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import stories.synchrony
from stories.synchrony import Reading

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(stories.synchrony.__path__, "stories.synchrony.")
)
PUBLIC = {name: getattr(stories.synchrony, name) for name in stories.synchrony.__all__}
FUNCTIONS = sorted(name for name, it in PUBLIC.items() if callable(it) and hasattr(it, "__wrapped__"))
FUNCTIONS += sorted(name for name, it in PUBLIC.items() if inspect.isfunction(it))
DOERS = sorted([*FUNCTIONS, "TellerPool", "TraceGrid"])
"""Names that are called with something; results are only read."""
RESULTS = sorted(
    name
    for name, it in PUBLIC.items()
    if inspect.isclass(it) and (issubclass(it, Reading) or dataclasses.is_dataclass(it))
)
SHAPELESS = {"arc_deck", "call_result", "shape_of", "stream"}
"""They take and give plain numbers."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    module = importlib.import_module(name)

    assert doctest.testmod(module).failed == 0


def test_every_public_name_exists():
    assert all(hasattr(stories.synchrony, name) for name in stories.synchrony.__all__)


def test_every_name_that_is_called_is_known_to_this_test():
    kinds = {*DOERS, *RESULTS, "ENGINE", "SHAPES", "Array", "Reason", "Shape", "Source", "Verdict"}

    assert kinds == set(PUBLIC)


@pytest.mark.parametrize("name", DOERS)
def test_what_can_be_called_has_an_example_its_parameters_and_their_shapes(name):
    said = inspect.getdoc(PUBLIC[name])

    assert ">>> " in said
    assert "Parameters\n-----" in said
    assert "shape" in said or name in SHAPELESS
    unsaid = [each for each in inspect.signature(PUBLIC[name]).parameters if each not in said]
    assert unsaid == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_called_says_what_it_returns(name):
    assert "Returns\n-----" in inspect.getdoc(PUBLIC[name])


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_says_what_it_is(name):
    said = inspect.getdoc(PUBLIC[name])

    assert not said.startswith(f"{name}(")
    fields = dataclasses.fields(PUBLIC[name]) if dataclasses.is_dataclass(PUBLIC[name]) else ()
    if any("Array" in str(field.type) for field in fields):
        assert "shape" in said


def holds_arrays(kind):
    """Whether a result has an array somewhere, so that == between two of them would raise."""
    types = [str(field.type) for field in dataclasses.fields(kind)]
    parts = [PUBLIC[each] for text in types for each in text.split(" | ") if each in RESULTS]
    return any("Array" in text for text in types) or any(
        holds_arrays(part) for part in parts if dataclasses.is_dataclass(part)
    )


@pytest.mark.parametrize("name", [each for each in RESULTS if dataclasses.is_dataclass(PUBLIC[each])])
def test_results_that_hold_arrays_are_equal_to_themselves_alone(name):
    assert (PUBLIC[name].__eq__ is object.__eq__) == holds_arrays(PUBLIC[name])


def test_comparing_two_readings_does_not_raise():
    one, other = (stories.synchrony.ribbon(np.ones((5, 3))) for _ in range(2))

    assert (one == one, one == other) == (True, False)

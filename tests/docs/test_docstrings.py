"""Every public name says what it is, and a public function every error of ours that it raises itself."""

import ast
import importlib
import inspect
import re
import textwrap
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from lode import errors
from tools.reference.public import PACKAGES, public_names

PLACES = [place for package in PACKAGES for place in public_names(package)]
OURS = {name: each for name, each in vars(errors).items() if isinstance(each, type)}


def found(place):
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


@cache
def tree(module):
    """Return a module's syntax tree."""
    return ast.parse(Path(module.__file__).read_text())


def described(module, name):
    """Whether a text stands below the assignment of a name, in the module or where that has it from."""
    body = tree(module).body
    for before, after in pairwise(body):
        targets = before.targets if isinstance(before, ast.Assign) else [getattr(before, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    for node in body:
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return described(importlib.import_module(node.module), name)
    return False


def raised(node, module, seen=()):
    """Return names of our errors that a function raises: itself, or in private functions of its module."""
    names = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call) and isinstance(each.exc.func, ast.Name):
            names |= {each.exc.func.id} & set(OURS)
        called = each.func if isinstance(each, ast.Call) else None
        if isinstance(called, ast.Name) and called.id.startswith("_") and called.id not in seen:
            for other in tree(module).body:
                if isinstance(other, ast.FunctionDef) and other.name == called.id:
                    names |= raised(other, module, (*seen, called.id))
    return names


def unnamed(text, names):
    """Return the errors of which neither the name nor that of an error above it is in a text."""
    return {name for name in names if not any(above.__name__ in text for above in OURS[name].__mro__[:-2])}


def functions(place):
    """Return a function, or a class's public methods, with what is said there and, of methods, by the class."""
    public = found(place)
    if inspect.isfunction(public):
        yield place, public, public.__doc__ or ""
    elif inspect.isclass(public):
        for name, member in vars(public).items():
            method = getattr(member, "__func__", member)
            built = name in {"__init__", "__post_init__"}
            if inspect.isfunction(method) and (built or not name.startswith("_")):
                yield f"{place}.{name}", method, f"{method.__doc__ or ''} {public.__doc__}"


@pytest.mark.parametrize("place", PLACES)
def test_it_is_said_what_it_is(place):
    public = found(place)
    if inspect.isfunction(public) or inspect.isclass(public) or inspect.ismodule(public):
        text = public.__doc__ or ""
        assert text.strip(), f"{place} has no docstring"
        assert not text.startswith(f"{public.__name__}("), f"{place} has the docstring that dataclass writes"
    else:
        module, _, name = place.rpartition(".")
        assert described(importlib.import_module(module), name), f"a text below {name} must say what {place} is"


@pytest.mark.parametrize("place", PLACES)
def test_its_errors_are_named(place):
    for name, function, text in functions(place):
        if not Path(function.__code__.co_filename).exists():
            continue  # what dataclass writes
        node = ast.parse(textwrap.dedent(inspect.getsource(function)))
        missing = unnamed(text, raised(node, inspect.getmodule(function)))
        assert not missing, f"{name} raises {', '.join(sorted(missing))}, which its docstring does not name"


def test_the_functions_that_the_page_of_statistics_names_are_on_the_page_of_python():
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "statistics.md"
    named = re.findall(r"`((?:evaluation|evidence)\.\w+\.\w+)`", page.read_text())
    objects = {id(found(place)) for place in PLACES}
    assert len(named) > 15
    for name in named:
        assert id(found(f"lode.{name}")) in objects, name


STATISTICS = [
    *(f"lode.evaluation.{name}" for name in ("daily_rank_ic", "hodrick_ols", "newey_west_t", "nw_lags")),
    *(f"lode.evaluation.{name}" for name in ("hansen_hodrick_t", "time_series_ols")),
    *(f"lode.evidence.sharpe.{name}" for name in ("probabilistic_sharpe_ratio", "deflated_sharpe_ratio")),
    *(f"lode.evidence.{name}" for name in ("corrections.holm", "corrections.benjamini_yekutieli", "online.lord_level")),
    *(f"lode.evidence.superiority.{name}" for name in ("superior_ability", "step_m")),
    *("lode.evidence.overfitting.probability_of_overfitting", "lode.evidence.haircut.haircut_sharpe"),
]


@pytest.mark.parametrize("place", STATISTICS)
def test_a_statistic_names_its_source(place):
    assert place in PLACES
    assert re.search(r"[A-Z]\w+( et al\.)? \(?(19|20)\d\d\)?", found(place).__doc__), place


def test_an_error_that_is_not_named_is_seen():
    node = ast.parse("def f():\n    raise UsageError('no')\n")
    names = raised(node, errors)
    assert unnamed("Raises DataError.", names) == {"UsageError"}
    assert not unnamed("Raises UsageError.", names)
    assert not unnamed("Raises LodeError.", names)

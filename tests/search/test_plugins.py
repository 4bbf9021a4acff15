"""Searchers of other distributions: a real one lies in a folder of the path, as an installation would leave it."""

import re
import sys
from pathlib import Path

import pytest

from lode.errors import UsageError
from lode.language import BAR_FIELDS, Unit
from lode.search import BUILT_IN, OPERATIONS, SEARCHERS, dump_searcher, load_searcher, make_searcher
from lode.search.plugins import registered

ALPHABET = '''
"""Asks for the fields in the order of the alphabet."""

from lode.search import Origin
from lode.language import Field


class Alphabet:
    name = "alphabet"

    def __init__(self, space, assignment):
        self.space, self.assignment, self.left = space, assignment, sorted(space.series)

    def ask(self, n):
        asked, self.left = self.left[:n], self.left[n:]
        return [Field(name) for name in asked]

    def tell(self, scores):
        pass

    def seed(self, expressions):
        return len(expressions)

    def origin(self, expression):
        return Origin("alphabet")

    def state(self):
        return {"left": self.left}

    def restore(self, state):
        self.left = state["left"]
'''
DOCS = Path(__file__).resolve().parents[2] / "docs"
UNITS = {"close": Unit.PRICE, "open": Unit.PRICE, "volume": Unit.SHARES}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a distribution: its name, its module's text, and its entry points."""

    def install(name, module, text, points):
        folder = tmp_path / name
        metadata = folder / f"{name.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(
            "[lode.searchers]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
        )
        (folder / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(folder))
        modules.append(module)

    modules: list[str] = []
    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def alphabet(installed):
    installed("alphabet-searchers", "alphabet_of_a_test", ALPHABET, {"alphabet": "alphabet_of_a_test:Alphabet"})


def test_a_registered_searcher_is_made_by_its_name_and_restored(alphabet):
    assert {"alphabet", "genetic"} <= set(SEARCHERS)
    searcher = make_searcher("alphabet", fields=UNITS, seed=1)
    assert [str(expr) for expr in searcher.ask(2)] == ["close", "open"]
    assert [str(expr) for expr in load_searcher(dump_searcher(searcher)).ask(2)] == ["volume"]


def test_listing_and_making_others_imports_nothing(alphabet):
    make_searcher("random", fields=BAR_FIELDS, seed=1)
    assert "alphabet" in SEARCHERS
    assert len(SEARCHERS) == len(list(SEARCHERS))
    with pytest.raises(UsageError, match="unknown searcher 'alphabat'; known are alphabet, enumeration, genetic"):
        make_searcher("alphabat", fields=UNITS, seed=1)
    assert "alphabet_of_a_test" not in sys.modules


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("raise RuntimeError('licence expired')", "RuntimeError: licence expired"),
        ("Other = 1", "AttributeError"),
        ("Searcher = 'a text'", "is a str, not callable"),
        ("def Searcher(space, assignment): raise ValueError('no graphics card')", "ValueError: no graphics card"),
        (ALPHABET.replace("class Alphabet", "class Searcher"), "is named 'alphabet'"),
        (ALPHABET.replace("class Alphabet", "class Searcher").replace("def origin", "def source"), "has no origin"),
    ],
    ids=["import", "error", "attribute", "text", "constructor", "name", "protocol"],
)
def test_one_that_cannot_be_used_names_its_distribution(installed, text, reason):
    installed("broken-searchers", "broken_of_a_test", text, {"broken": "broken_of_a_test:Searcher"})
    with pytest.raises(UsageError, match=r"broken-searchers 1\.2") as caught:
        make_searcher("broken", fields=UNITS, seed=1)
    assert reason in str(caught.value)
    assert "choose another --searcher" in str(caught.value)
    make_searcher("random", fields=UNITS, seed=1)


def test_two_distributions_of_one_name_are_both_named(installed, alphabet):
    installed("other-searchers", "other_of_a_test", ALPHABET, {"alphabet": "other_of_a_test:Alphabet"})
    with pytest.raises(UsageError, match=r"alphabet-searchers 1\.2 and other-searchers 1\.2"):
        make_searcher("alphabet", fields=UNITS, seed=1)


def test_a_built_in_name_stays_the_built_in_one(installed):
    installed("rival-searchers", "rival_of_a_test", "raise RuntimeError", {"genetic": "rival_of_a_test:Searcher"})
    assert "genetic" in registered()
    assert make_searcher("genetic", fields=UNITS, seed=1).name == "genetic"


def test_a_name_that_is_not_registered_is_not_there():
    assert "alphabet" not in SEARCHERS
    with pytest.raises(KeyError):
        SEARCHERS["alphabet"]


def test_the_searcher_that_the_page_shows_works(installed):
    page = (DOCS / "how-to/own-searcher.md").read_text()
    [text] = [code for code in re.findall(r"```python[^\n]*\n(.*?)```", page, re.DOTALL) if "class House" in code]
    installed("house-factors", "house_of_a_test", text, {"house": "house_of_a_test:HouseSearcher"})
    searcher = make_searcher("house", fields=UNITS, seed=1, history=100)
    asked = searcher.ask(20)
    assert len(set(asked)) == 20
    assert searcher.origin(asked[0]).operation == "random"
    assert load_searcher(dump_searcher(searcher)).ask(5) == searcher.ask(5)


def test_the_page_names_the_built_in_searchers_and_operations():
    text = (DOCS / "explanation/searchers.md").read_text()
    assert all(f"`{name}`" in text for name in (*BUILT_IN, *OPERATIONS))

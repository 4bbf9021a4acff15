from datetime import UTC, date, datetime

import polars as pl
import pytest

from lode.warehouse.stores.collections import read_collections
from lode.warehouse.stores.instruments import insert_instruments, read_instruments, read_spells, resolve
from tests.replicas.world import DAYS, SINCE, evening, listing
from tests.replicas.yahoo import Listing

EVER = date(1900, 1, 1)


def spells(world, *symbols):
    return read_spells(world.warehouse, symbols).rows()


def closes(world, instrument):
    return dict(world.bars().filter(pl.col("instrument") == instrument).select("session", "close").iter_rows())


def test_a_reused_ticker_never_joins_two_companies(world):
    world.stage.listings = {"TWX": listing(days=DAYS[:15], listed=date(1992, 1, 2))}
    world.collect(DAYS[20])
    other = listing(price=20.0, days=DAYS[25:], listed=DAYS[25], answers_as="TWX")
    world.stage.listings = {"TWX": other}
    report = world.collect(DAYS[-1])
    assert report.collected == {"TWX": 15}
    assert report.notes == [
        f"TWX is another company, TWX~2: first trade {DAYS[25]} after TWX's last session {DAYS[14]}"
    ]
    assert list(closes(world, "TWX")) == list(DAYS[:15])
    assert list(closes(world, "TWX~2")) == list(DAYS[25:])
    assert spells(world, "TWX") == [("TWX", "TWX", EVER, DAYS[14]), ("TWX~2", "TWX", DAYS[25], None)]
    assert resolve(world.warehouse, ["TWX"]) == {"TWX": "TWX~2"}
    assert resolve(world.warehouse, ["TWX"], on=DAYS[10]) == {"TWX": "TWX"}
    assert read_instruments(world.warehouse, ["TWX", "TWX~2"])["listed"].to_list() == [date(1992, 1, 2), DAYS[25]]
    assert world.collect(DAYS[-1]).unchanged == ["TWX"]


def test_a_first_trade_that_is_told_wrong_makes_no_second_company(world):
    stock = listing(days=DAYS[:35])
    world.stage.listings = {"AAPL": stock}
    world.collect(DAYS[34])
    world.stage.listings = {"AAPL": listing(listed=DAYS[36])}
    assert world.collect(DAYS[-1]).collected == {"AAPL": 5}
    assert resolve(world.warehouse, ["AAPL"]) == {"AAPL": "AAPL"}
    assert len(closes(world, "AAPL")) == 40


def test_an_answer_under_another_ticker_with_equal_closes_is_a_rename(world):
    stock = listing()
    world.stage.listings = {"FB": stock}
    world.collect(DAYS[30])
    stock.answers_as = "META"
    report = world.collect(DAYS[33])
    assert report.collected == {"FB": 3}
    assert len(report.notes) == 1
    assert world.bars()["instrument"].unique().to_list() == ["FB"]
    assert spells(world, "FB", "META") == [("FB", "FB", EVER, DAYS[30]), ("FB", "META", date(2024, 5, 14), None)]
    stock.answers_as = ""
    world.stage.listings = {"META": stock}
    report = world.collect(DAYS[-1])
    assert (report.collected, report.notes) == ({"META": 6}, [])
    assert closes(world, "FB") == {day: bar[3] for day, bar in stock.traded.items()}
    details = read_instruments(world.warehouse, ["FB"]).row(0, named=True)
    assert (details["symbol"], details["name"]) == ("META", "META Inc.")
    assert [spell["symbol"] for spell in details["spells"]] == ["FB", "META"]


def test_an_answer_under_another_ticker_with_other_closes_is_stored_nowhere(world):
    world.stage.listings = {"FB": listing()}
    world.collect(DAYS[30])
    before = world.bars()
    world.stage.listings = {"FB": listing(price=70.0, answers_as="META"), "NEW": listing(answers_as="OTHER")}
    report = world.collect(DAYS[33])
    assert set(report.failed) == {"FB", "NEW"}
    assert "asked for FB, yahoo answered with META, and their closes differ: nothing is stored" in report.failed["FB"]
    assert "NEW is not known yet" in report.failed["NEW"]
    assert world.bars().equals(before)
    assert spells(world, "META", "OTHER", "NEW") == []


def test_a_new_ticker_that_goes_on_where_another_stopped_is_a_rename(world):
    stock = listing()
    world.stage.listings = {"FB": stock}
    world.collect(DAYS[25])
    world.stage.listings = {"META": stock}
    report = world.collect(DAYS[-1])
    assert report.collected == {"META": 14}
    assert closes(world, "FB") == {day: bar[3] for day, bar in stock.traded.items()}
    assert resolve(world.warehouse, ["META", "FB", "GOOG"]) == {"META": "FB", "FB": "FB", "GOOG": "GOOG"}


@pytest.mark.parametrize("change", [{"listed": date(2001, 1, 2)}, {"price": 101.0}])
def test_a_new_ticker_with_another_first_trade_or_other_closes_is_another_company(world, change):
    world.stage.listings = {"FB": listing()}
    world.collect(DAYS[25])
    world.stage.listings = {"META": listing(**change)}
    assert world.collect(DAYS[-1]).collected == {"META": 40}
    assert world.bars()["instrument"].unique().sort().to_list() == ["FB", "META"]


def test_two_tickers_that_go_on_side_by_side_stay_two(world):
    world.stage.listings = {"GOOG": listing()}
    world.collect(DAYS[20])
    world.stage.listings["GOOGL"] = listing()
    assert world.collect(DAYS[-1]).collected == {"GOOG": 19, "GOOGL": 40}


@pytest.mark.parametrize("currency", ["GBP", ""])
def test_currencies_are_not_mixed(world, currency):
    stock = listing(currency="GBp")
    world.stage.listings = {"VOD.L": stock}
    world.collect(DAYS[30])
    before = world.bars()
    assert before["currency"].unique().to_list() == ["GBp"]
    world.stage.listings = {"VOD.L": Listing(stock.traded, currency=currency)}
    if not currency:  # the replica fills in the listing's own
        stock.currency = "USD"
        world.stage.listings = {"VOD.L": stock}
    report = world.collect(DAYS[33])
    assert "VOD.L is stored in GBp: they are not mixed, nothing is stored" in report.failed["VOD.L"]
    assert world.bars().equals(before)
    assert read_collections(world.warehouse, source="yahoo")["outcome"].to_list() == ["collected", "failed"]


def test_another_first_trade_with_no_equal_close_is_refused(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[30])
    before = world.bars()
    world.stage.listings = {"AAPL": listing(price=55.0, listed=date(2001, 1, 2))}
    assert "looks like another company's" in world.collect(DAYS[33]).failed["AAPL"]
    assert world.bars().equals(before)


def test_another_cik_is_another_company(world):
    at = datetime(2024, 5, 6, 12, tzinfo=UTC)

    def tell(**details):
        frame = pl.DataFrame([{"instrument": resolve(world.warehouse, ["Q"])["Q"], **details}])
        return insert_instruments(world.warehouse, frame, source="sec", known_at=at)

    assert tell(cik=1, name="Old Q") == 1
    assert tell(cik=1, sector="Energy") == 1
    assert tell(cik=2, name="New Q") == 2
    assert tell(cik=2, sic=1311) == 1
    assert tell(cik=2, sic=1311) == 0
    told = read_instruments(world.warehouse, ["Q", "Q~2"]).select(
        "instrument", "symbol", "cik", "sic", "name", "sector"
    )
    assert told.rows() == [("Q", "Q", 1, None, "Old Q", "Energy"), ("Q~2", "Q", 2, 1311, "New Q", "")]
    assert spells(world, "Q") == [("Q", "Q", EVER, date(2024, 5, 5)), ("Q~2", "Q", date(2024, 5, 6), None)]


def test_details_come_with_the_first_collection_and_stay(world):
    world.stage.listings = {"AAPL": listing()}
    world.collect(DAYS[30])
    sector = pl.DataFrame({"instrument": ["AAPL"], "sector": ["Business Equipment"], "cik": [320193]})
    insert_instruments(world.warehouse, sector, source="sec", known_at=evening(SINCE))
    world.collect(DAYS[31])
    told = read_instruments(world.warehouse).row(0, named=True)
    assert (told["sector"], told["cik"], told["listed"]) == ("Business Equipment", 320193, date(1980, 12, 12))
    assert (told["currency"], told["exchange"], told["kind"]) == ("USD", "NMS", "EQUITY")

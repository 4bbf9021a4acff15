import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest

from lode.collect.fama_french import collect_fama_french, parse_factors, reparse_fama_french
from lode.collect.http import load_raw
from lode.errors import CollectError
from lode.lake import Lake
from lode.warehouse.stores.imports import read_watermarks
from lode.warehouse.stores.market_factors import read_market_factors
from tests.replicas.server import Answer, Replica

FETCHED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIVE = {"mkt_rf", "smb", "hml", "rmw", "cma", "rf"}
HEAD = "This file was created by using the 202601 CRSP database.\r\n\r\n"
SMALL = HEAD + ",Mom\r\n20260102,   0.54\r\n20260105, -99.99\r\n20260106,  -0.51\r\n\r\nCopyright 2026\r\n"
FACTORS = HEAD + ",Mkt-RF,SMB,HML,RMW,CMA,RF\r\n20260102,-0.67,0.00,-0.34,-999,0.16,0.01\r\n\r\nCopyright\r\n"


def zipped(text: str, name: str = "F-F.csv") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def test_percent_become_decimals_and_missing_values_no_rows():
    read = parse_factors(SMALL.encode(), {"mom"})
    assert read.vintage == "202601"
    assert read.factors.rows() == [
        ("mom", date(2026, 1, 2), 0.0054, "202601"),
        ("mom", date(2026, 1, 6), -0.0051, "202601"),
    ]


def test_a_zip_reads_as_what_it_holds():
    assert parse_factors(zipped(SMALL), {"mom"}).factors.equals(parse_factors(SMALL.encode(), {"mom"}).factors)


def test_the_recorded_files_read_whole(shared_data):
    five = parse_factors((shared_data / "fama_french/F-F_5_Factors_2x3_daily.202601.csv").read_bytes(), FIVE)
    assert five.vintage == "202601"
    assert five.factors.height == 6 * 15_751
    first = five.factors.filter(session=date(1963, 7, 1)).select("factor", "value").rows()
    assert dict(first) == {"mkt_rf": -0.0067, "smb": 0.0, "hml": -0.0034, "rmw": -0.0001, "cma": 0.0016, "rf": 0.0001}
    momentum = parse_factors((shared_data / "fama_french/F-F_Momentum_daily.202601.csv").read_bytes(), {"mom"})
    assert momentum.factors.height == 26_070
    assert momentum.factors.row(-1) == ("mom", date(2026, 1, 30), -0.0117, "202601")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>moved</html>", "no header"),
        (b"", "no header"),
        ((HEAD + ",Mom\r\n").encode(), "no daily value"),
        ((HEAD + ",Mom\r\n20260102, 0.5\r\n20260102, 0.5\r\n").encode(), "a day twice"),
        ((HEAD + ",Mom\r\n20260102, 0.5, 0.7\r\n").encode(), "2 values"),
        ((HEAD + ",Mom\r\n20260102, O.5\r\n").encode(), "cannot read the line"),
        ((HEAD + ",Mom\r\n20261302, 0.5\r\n").encode(), "cannot read the line"),
        (zipped(SMALL)[:-30], "cannot be opened"),
        (zipped(SMALL, "readme.txt"), "one CSV"),
        (FACTORS.encode(), "lacks mom"),
    ],
)
def test_what_is_not_such_a_file_is_refused(body, message):
    with pytest.raises(CollectError, match=message):
        parse_factors(body, {"mom"})


class Library:
    """Both files, the momentum file as `momentum` says."""

    momentum = SMALL

    def __call__(self, path: str) -> Answer:
        assert path.startswith("/ftp/F-F_")
        text = self.momentum if "Momentum" in path else FACTORS
        return Answer(body=zipped(text), headers={"Content-Type": "application/zip"})


def test_a_life_of_vintages(collect_settings, warehouse, lake, tmp_path):
    library = Library()
    at = FETCHED

    def collect(base: str):
        settings = collect_settings.model_copy(update={"french_url": base})
        return collect_fama_french(settings=settings, warehouse=warehouse, lake=lake, now=lambda: at)

    with Replica(library) as replica:
        first = collect(f"{replica.url}/ftp")
        assert (first.rows, first.failures) == (2 + 5, 0)
        assert "momentum: vintage 202601, to 2026-01-06" in first.notes
        at = FETCHED + timedelta(days=1)
        assert collect(f"{replica.url}/ftp").rows == 0
        at = FETCHED + timedelta(days=30)
        library.momentum = SMALL.replace("202601 CRSP", "202602 CRSP").replace("-0.51", "-0.52")
        assert collect(f"{replica.url}/ftp").rows == 1
        replica.faults.append(Answer(404, b"gone"))
        replica.faults.append(Answer(body=b"<html>maintenance</html>"))
        failed = collect(f"{replica.url}/ftp")
    assert failed.failures == 2
    assert "status 404" in failed.failed["five_factors"]
    assert "no header" in failed.failed["momentum"]

    def known(as_of: datetime) -> list[tuple]:
        found = read_market_factors(warehouse, factors=["mom"], as_of=as_of)
        return found.select("session", "value", "vintage").rows()

    old = (date(2026, 1, 6), -0.0051, "202601")
    assert known(FETCHED - timedelta(seconds=1)) == []
    assert known(FETCHED) == [(date(2026, 1, 2), 0.0054, "202601"), old]
    assert known(at) == [(date(2026, 1, 2), 0.0054, "202601"), (date(2026, 1, 6), -0.0052, "202602")]
    assert read_watermarks(warehouse, source="french")["momentum"].collected_to == date(2026, 1, 6)
    assert read_market_factors(warehouse, as_of=at, start=date(2026, 1, 5))["factor"].to_list() == ["mom"]
    again(warehouse, lake, known(FETCHED), known)


def again(warehouse, lake: Lake, before: list[tuple], known) -> None:
    """Everything again from the lake gives the same views and no new rows."""
    rows = warehouse.query("SELECT * FROM market_factors FINAL ORDER BY ALL")
    report = reparse_fama_french(warehouse=warehouse, lake=lake)
    assert (report.rows, report.subjects) == (0, 2)
    assert warehouse.query("SELECT * FROM market_factors FINAL ORDER BY ALL").equals(rows)
    assert known(FETCHED) == before
    warehouse.command("TRUNCATE TABLE market_factors")
    assert reparse_fama_french(warehouse=warehouse, lake=lake).rows == 8
    assert warehouse.query("SELECT * FROM market_factors FINAL ORDER BY ALL").equals(rows)


def test_the_raw_file_is_in_the_lake_as_it_came(collect_settings, warehouse, tmp_path):
    lake = Lake((tmp_path / "lake").as_uri())
    with Replica(Library()) as replica:
        settings = collect_settings.model_copy(update={"french_url": f"{replica.url}/ftp"})
        collect_fama_french(settings=settings, warehouse=warehouse, lake=lake, now=lambda: FETCHED)
    (key,) = [key for key in lake.list("raw/french/factors/file=momentum") if key.endswith(".zst")]
    assert load_raw(lake, key).body == zipped(SMALL)

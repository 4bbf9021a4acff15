from lode.evaluation.page.calibration import calibration_page, picture, points
from tests.evaluation.page.test_document import checked

POINT = {"hits": 1, "trials": 20, "rate": 0.05, "interval": [0.001, 0.249]}
REPORT = {
    "snapshot": "<3f2a>",
    "sessions": 1000,
    "names": 100,
    "label": "simulated",
    "markets": 20,
    "candidates": 500,
    "seed": 0,
    "stated_rate": 0.05,
    "false_discoveries": POINT,
    "planted": "rank(close)",
    "power": [POINT | {"rank_ic": 0.02}, POINT | {"rank_ic": 0.08, "rate": 1.0, "interval": [0.83, 1.0]}],
}


def test_page_is_whole_and_loads_nothing():
    page = checked(calibration_page(REPORT))
    for words in ("&lt;3f2a&gt;", "rank(close)", "These data are not real: simulated", "0.08", "5.0%"):
        assert words in page


def test_one_picture_shows_the_null_and_the_curve():
    assert [point["rank_ic"] for point in points(REPORT)] == [0.0, 0.02, 0.08]
    drawn = picture(REPORT)
    assert drawn.count("<circle") == drawn.count("class='w'") == 3
    assert drawn.count("class='l l0'") == 1
    alone = picture(REPORT | {"power": [], "planted": None})
    assert alone.count("<circle") == 1
    assert "class='l l0'" not in alone

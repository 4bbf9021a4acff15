from __future__ import annotations

import pytest

from lode.deploy.costs import USE, cost_lines, kept, markdown, total
from lode.deploy.deployment import SIZES, sized
from lode.deploy.prices import DAYS, INSTANCES, PRICES, priced
from tests.deploy.conftest import ROOT


def line(size: str, what: str, **settings: object) -> float:
    (found,) = [row for row in cost_lines(sized({"size": size, **settings})) if row.what == what]
    return found.month


def test_lines_worked_by_hand() -> None:
    assert line("hobby", "interface endpoints", endpoint_zones=1) == pytest.approx(8 * 730 * 0.01)
    assert line("team", "interface endpoints", endpoint_zones=2) == pytest.approx(2 * 8 * 730 * 0.01)
    assert line("desk", "interface endpoints", endpoint_zones=3, compute="ec2") == pytest.approx(3 * 11 * 730 * 0.01)
    assert line("hobby", "NAT gateway") == pytest.approx(32.85)
    assert line("hobby", "warehouse servers", instance_type="t4g.medium", replicas=1) == pytest.approx(730 * 0.0336)
    assert line("hobby", "disks", replicas=1, volume=50) == pytest.approx((50 + 20) * 0.08)
    assert line("team", "disks", replicas=2, volume=200) == pytest.approx((2 * 220 + 40) * 0.08)
    assert line("team", "a voter", replicas=2) == pytest.approx(730 * 0.0168)
    assert line("hobby", "app", app_cpu=512, app_copies=1) == pytest.approx(730 * 0.5 * 0.04048)


def test_hobby_is_a_few_dollars_a_day() -> None:
    hobby = total(cost_lines(sized({})))
    assert hobby / DAYS < 8
    assert hobby < total(cost_lines(sized({"size": "team"}))) < total(cost_lines(sized({"size": "desk"})))


@pytest.mark.parametrize("size", SIZES)
def test_a_size_costs_less_than_80_percent_of_its_budget(size: str) -> None:
    deployment = sized({"size": size})
    assert total(cost_lines(deployment)) < 0.8 * deployment.budget


def test_what_is_kept_costs_less_than_what_stands() -> None:
    for size in USE:
        deployment = sized({"size": size})
        assert 0 < total(kept(deployment)) < total(cost_lines(deployment)) / 2


def test_clickhouse_cloud_and_an_own_identity_provider_are_not_on_this_bill() -> None:
    lines = {row.what: row.month for row in cost_lines(sized({"warehouse": "cloud", "sign_in": "oidc"}))}
    assert "warehouse servers" not in lines
    assert lines["who signs in"] == 0


def test_every_price_names_its_page_and_every_size_has_a_known_instance() -> None:
    assert all(price.page and price.dollars > 0 for price in (*PRICES.values(), *INSTANCES.values()))
    assert all(sized({"size": size}).instance_type in INSTANCES for size in SIZES)


def test_prices_are_shown_in_full_and_guesses_are_marked() -> None:
    assert priced(0.0000166667, sure=True) == "0.0000166667"
    assert priced(0.0127, sure=False) == "≈0.0127"


def test_the_guide_has_the_table_of_today() -> None:
    guide = (ROOT / "docs" / "how-to" / "aws.md").read_text()
    between = guide.split("<!-- costs: python -m lode.deploy.costs -->\n")[1].split("<!-- end of costs -->")[0]
    assert between == markdown(), "python -m lode.deploy.costs prints it"

import math

import numpy as np
import pytest

from lode.evaluation import daily_rank_ic, newey_west_t
from lode.evaluation.pool import Outcomes, judged
from lode.evaluation.portfolio import rank_book
from tests.evaluation.pool.conftest import make_forward, make_values


def test_figures_are_those_of_the_rank_ic_and_of_the_rank_book():
    values = make_values(1)
    signal = values["m0"]
    forward, next_return = make_forward(values, {"m0": 0.2}), 0.01 * make_forward(values, {"m0": 0.2}, seed=5)
    found = judged(signal, Outcomes(forward, next_return, horizon=3, cost_bps=20))
    test = newey_west_t(daily_rank_ic(signal, forward), horizon=3)
    book = rank_book(signal, next_return, cost_bps=20)
    assert (found.rank_ic, found.t_nw, found.sessions) == (test.mean, test.t, 150)
    assert (found.turnover, found.sharpe, found.net_sharpe) == (book.turnover, book.sharpe, book.net_sharpe)
    assert found.net_sharpe < found.sharpe
    assert set(found.to_dict()) == {"rank_ic", "t_nw", "sessions", "turnover", "sharpe", "net_sharpe"}


@pytest.mark.parametrize("fill", [math.nan, 1.0])
def test_a_signal_that_says_nothing_has_no_figures(fill):
    forward = make_forward(make_values(1), {"m0": 1.0})
    found = judged(np.full(forward.shape, fill, np.float32), Outcomes(forward, forward))
    assert all(math.isnan(value) for name, value in found.to_dict().items() if name != "sessions")
    assert found.sessions == 0

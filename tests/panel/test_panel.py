import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lode.errors import DataError, UsageError
from lode.panel import Panel, PanelMeta, build_panel
from tests.panel.rows import AS_OF, bar, frame


@pytest.fixture
def panel():
    return build_panel(frame([bar(name, t, 10 + t) for name in "AB" for t in range(5)]), as_of=AS_OF, source="test")


def test_arrays_are_read_only_and_the_callers_stay_writable(panel):
    with pytest.raises(ValueError, match="read-only"):
        panel.fields["close"][0, 0] = 1
    mine = np.ones((5, 2), np.float32)
    made = Panel(panel.sessions, panel.names, {"close": mine}, panel.tradable, panel.label_price, panel.meta)
    assert mine.flags.writeable
    assert not made.fields["close"].flags.writeable


def test_a_slice_holds_only_its_rows(panel):
    part = panel.slice(1, 3)
    assert part.shape == (2, 2)
    assert_array_equal(part.fields["close"], panel.fields["close"][1:3])
    assert_array_equal(part.label_price, panel.label_price[1:3])
    assert_array_equal(part.sessions, panel.sessions[1:3])
    with pytest.raises(UsageError, match="0 ≤ start ≤ stop ≤ 5"):
        panel.slice(2, 6)


def test_a_wrong_shape_or_type_is_named(panel):
    with pytest.raises(DataError, match=r"close is float64 \(5, 2\); this panel needs float32 \(5, 2\)"):
        Panel(panel.sessions, panel.names, {"close": np.ones((5, 2))}, panel.tradable, panel.label_price, panel.meta)


def test_meta_survives_json(panel):
    assert PanelMeta.from_dict(panel.meta.to_dict()) == panel.meta


def test_coverage_and_repr(panel):
    assert panel.coverage == 1.0
    assert repr(panel) == "Panel(5 sessions × 2 names, 2019-01-02 to 2019-01-08, 'test')"

import json

from lode.language import parse
from lode.search.gains import Gains


def learnt(gains=None):
    gains = gains or Gains()
    for _ in range(20):
        gains.learn(parse("ts_delta(volume, 5)"), 0.8)
        gains.learn(parse("ts_mean(close, 5)"), 0.2)
    return gains


def test_what_did_well_is_preferred_and_more_so_where_it_did():
    gains = learnt()
    assert gains.weight("", "volume") > 1 > gains.weight("", "close")
    assert gains.weight("ts_delta", "volume") > gains.weight("ts_mean", "volume")
    assert gains.weight("ts_delta", "#5") > 1 > gains.weight("ts_mean", "#5")


def test_what_was_never_seen_is_neither_preferred_nor_avoided():
    assert learnt().weight("rank", "open") == 1.0
    assert Gains().weight("rank", "open") == 1.0


def test_state_round_trip():
    gains = learnt()
    copy = Gains(json.loads(json.dumps(gains.state())))
    assert learnt(copy).state() == learnt(gains).state()

"""Alphas 1 to 101 of the paper's appendix A.1, in its order, with its windows, its adv{d} and its industry levels.

In the language's operators and with the fewest parentheses, and otherwise as printed there: `alpha101` makes
definitions of them.
"""

from __future__ import annotations

# fmt: off
FORMULAS: tuple[str, ...] = (
    "rank(ts_arg_max(signed_power(if_else(returns < 0, ts_std_dev(returns, 20), close), 2), 5)) - 0.5",  # 1
    "-1 * ts_corr(rank(ts_delta(log(volume), 2)), rank((close - open) / open), 6)",  # 2
    "-1 * ts_corr(rank(open), rank(volume), 10)",  # 3
    "-1 * ts_rank(rank(low), 9)",  # 4
    "rank(open - ts_sum(vwap, 10) / 10) * (-1 * abs(rank(close - vwap)))",  # 5
    "-1 * ts_corr(open, volume, 10)",  # 6
    "if_else(adv20 < volume, -1 * ts_rank(abs(ts_delta(close, 7)), 60) * sign(ts_delta(close, 7)), -1)",  # 7
    "-1 * rank(ts_sum(open, 5) * ts_sum(returns, 5) - ts_delay(ts_sum(open, 5) * ts_sum(returns, 5), 10))",  # 8
    (  # 9
        "if_else(0 < ts_min(ts_delta(close, 1), 5), ts_delta(close, 1), if_else(ts_max(ts_delta(close, 1), 5) < 0, "
        "ts_delta(close, 1), -1 * ts_delta(close, 1)))"
    ),
    (  # 10
        "rank(if_else(0 < ts_min(ts_delta(close, 1), 4), ts_delta(close, 1), if_else(ts_max(ts_delta(close, 1), 4) < "
        "0, ts_delta(close, 1), -1 * ts_delta(close, 1))))"
    ),
    "(rank(ts_max(vwap - close, 3)) + rank(ts_min(vwap - close, 3))) * rank(ts_delta(volume, 3))",  # 11
    "sign(ts_delta(volume, 1)) * (-1 * ts_delta(close, 1))",  # 12
    "-1 * rank(ts_covariance(rank(close), rank(volume), 5))",  # 13
    "-1 * rank(ts_delta(returns, 3)) * ts_corr(open, volume, 10)",  # 14
    "-1 * ts_sum(rank(ts_corr(rank(high), rank(volume), 3)), 3)",  # 15
    "-1 * rank(ts_covariance(rank(high), rank(volume), 5))",  # 16
    "-1 * rank(ts_rank(close, 10)) * rank(ts_delta(ts_delta(close, 1), 1)) * rank(ts_rank(volume / adv20, 5))",  # 17
    "-1 * rank(ts_std_dev(abs(close - open), 5) + (close - open) + ts_corr(close, open, 10))",  # 18
    "-1 * sign(close - ts_delay(close, 7) + ts_delta(close, 7)) * (1 + rank(1 + ts_sum(returns, 250)))",  # 19
    "-1 * rank(open - ts_delay(high, 1)) * rank(open - ts_delay(close, 1)) * rank(open - ts_delay(low, 1))",  # 20
    (  # 21
        "if_else(ts_sum(close, 8) / 8 + ts_std_dev(close, 8) < ts_sum(close, 2) / 2, -1, "
        "if_else(ts_sum(close, 2) / 2 < ts_sum(close, 8) / 8 - ts_std_dev(close, 8), 1, "
        "if_else(1 < volume / adv20 or volume / adv20 == 1, 1, -1)))"
    ),
    "-1 * (ts_delta(ts_corr(high, volume, 5), 5) * rank(ts_std_dev(close, 20)))",  # 22
    "if_else(ts_sum(high, 20) / 20 < high, -1 * ts_delta(high, 2), 0)",  # 23
    (  # 24
        "if_else(ts_delta(ts_sum(close, 100) / 100, 100) / ts_delay(close, 100) < 0.05 "
        "or ts_delta(ts_sum(close, 100) / 100, 100) / ts_delay(close, 100) == 0.05, "
        "-1 * (close - ts_min(close, 100)), -1 * ts_delta(close, 3))"
    ),
    "rank(-1 * returns * adv20 * vwap * (high - close))",  # 25
    "-1 * ts_max(ts_corr(ts_rank(volume, 5), ts_rank(high, 5), 5), 3)",  # 26
    "if_else(0.5 < rank(ts_sum(ts_corr(rank(volume), rank(vwap), 6), 2) / 2), -1, 1)",  # 27
    "scale(ts_corr(adv20, low, 5) + (high + low) / 2 - close)",  # 28
    (  # 29
        "ts_min(ts_product(rank(rank(scale(log(ts_sum(ts_min(rank(rank(-1 * rank(ts_delta(close - 1, 5)))), 2), "
        "1))))), 1), 5) + ts_rank(ts_delay(-1 * returns, 6), 5)"
    ),
    (  # 30
        "(1 - rank(sign(close - ts_delay(close, 1)) + sign(ts_delay(close, 1) - ts_delay(close, 2)) + "
        "sign(ts_delay(close, 2) - ts_delay(close, 3)))) * ts_sum(volume, 5) / ts_sum(volume, 20)"
    ),
    (  # 31
        "rank(rank(rank(ts_decay_linear(-1 * rank(rank(ts_delta(close, 10))), 10)))) + rank(-1 * ts_delta(close, 3)) "
        "+ sign(scale(ts_corr(adv20, low, 12)))"
    ),
    "scale(ts_sum(close, 7) / 7 - close) + 20 * scale(ts_corr(vwap, ts_delay(close, 5), 230))",  # 32
    "rank(-1 * (1 - open / close) ** 1)",  # 33
    "rank(1 - rank(ts_std_dev(returns, 2) / ts_std_dev(returns, 5)) + (1 - rank(ts_delta(close, 1))))",  # 34
    "ts_rank(volume, 32) * (1 - ts_rank(close + high - low, 16)) * (1 - ts_rank(returns, 32))",  # 35
    (  # 36
        "2.21 * rank(ts_corr(close - open, ts_delay(volume, 1), 15)) + 0.7 * rank(open - close) + 0.73 * "
        "rank(ts_rank(ts_delay(-1 * returns, 6), 5)) + rank(abs(ts_corr(vwap, adv20, 6))) + 0.6 * "
        "rank((ts_sum(close, 200) / 200 - open) * (close - open))"
    ),
    "rank(ts_corr(ts_delay(open - close, 1), close, 200)) + rank(open - close)",  # 37
    "-1 * rank(ts_rank(close, 10)) * rank(close / open)",  # 38
    (  # 39
        "-1 * rank(ts_delta(close, 7) * (1 - rank(ts_decay_linear(volume / adv20, 9)))) * (1 + rank(ts_sum(returns, "
        "250)))"
    ),
    "-1 * rank(ts_std_dev(high, 10)) * ts_corr(high, volume, 10)",  # 40
    "(high * low) ** 0.5 - vwap",  # 41
    "rank(vwap - close) / rank(vwap + close)",  # 42
    "ts_rank(volume / adv20, 20) * ts_rank(-1 * ts_delta(close, 7), 8)",  # 43
    "-1 * ts_corr(high, rank(volume), 5)",  # 44
    (  # 45
        "-1 * (rank(ts_sum(ts_delay(close, 5), 20) / 20) * ts_corr(close, volume, 2) * rank(ts_corr(ts_sum(close, "
        "5), ts_sum(close, 20), 2)))"
    ),
    (  # 46
        "if_else(0.25 < (ts_delay(close, 20) - ts_delay(close, 10)) / 10 - (ts_delay(close, 10) - close) / 10, -1, "
        "if_else((ts_delay(close, 20) - ts_delay(close, 10)) / 10 - (ts_delay(close, 10) - close) / 10 < 0, 1, -1 * "
        "(close - ts_delay(close, 1))))"
    ),
    (  # 47
        "rank(1 / close) * volume / adv20 * (high * rank(high - close) / (ts_sum(high, 5) / 5)) - rank(vwap - "
        "ts_delay(vwap, 5))"
    ),
    (  # 48
        "group_neutralize(ts_corr(ts_delta(close, 1), ts_delta(ts_delay(close, 1), 1), 250) * ts_delta(close, 1) / "
        "close, subindustry) / ts_sum((ts_delta(close, 1) / ts_delay(close, 1)) ** 2, 250)"
    ),
    (  # 49
        "if_else((ts_delay(close, 20) - ts_delay(close, 10)) / 10 - (ts_delay(close, 10) - close) / 10 < -0.1, 1, -1 "
        "* (close - ts_delay(close, 1)))"
    ),
    "-1 * ts_max(rank(ts_corr(rank(volume), rank(vwap), 5)), 5)",  # 50
    (  # 51
        "if_else((ts_delay(close, 20) - ts_delay(close, 10)) / 10 - (ts_delay(close, 10) - close) / 10 < -0.05, 1, "
        "-1 * (close - ts_delay(close, 1)))"
    ),
    (  # 52
        "(-1 * ts_min(low, 5) + ts_delay(ts_min(low, 5), 5)) * rank((ts_sum(returns, 240) - ts_sum(returns, 20)) / "
        "220) * ts_rank(volume, 5)"
    ),
    "-1 * ts_delta((close - low - (high - close)) / (close - low), 9)",  # 53
    "-1 * ((low - close) * open ** 5) / ((low - high) * close ** 5)",  # 54
    "-1 * ts_corr(rank((close - ts_min(low, 12)) / (ts_max(high, 12) - ts_min(low, 12))), rank(volume), 6)",  # 55
    "0 - 1 * (rank(ts_sum(returns, 10) / ts_sum(ts_sum(returns, 2), 3)) * rank(returns * market_cap))",  # 56
    "0 - 1 * ((close - vwap) / ts_decay_linear(rank(ts_arg_max(close, 30)), 2))",  # 57
    "-1 * ts_rank(ts_decay_linear(ts_corr(group_neutralize(vwap, sector), volume, 3.92795), 7.89291), 5.50322)",  # 58
    (  # 59
        "-1 * ts_rank(ts_decay_linear(ts_corr(group_neutralize(vwap * 0.728317 + vwap * (1 - 0.728317), industry), "
        "volume, 4.25197), 16.2289), 8.19648)"
    ),
    (  # 60
        "0 - 1 * (2 * scale(rank((close - low - (high - close)) / (high - low) * volume)) - "
        "scale(rank(ts_arg_max(close, 10))))"
    ),
    "rank(vwap - ts_min(vwap, 16.1219)) < rank(ts_corr(vwap, adv180, 17.9282))",  # 61
    (  # 62
        "(rank(ts_corr(vwap, ts_sum(adv20, 22.4101), 9.91009)) < rank(rank(open) + rank(open) < rank((high + low) / "
        "2) + rank(high))) * -1"
    ),
    (  # 63
        "(rank(ts_decay_linear(ts_delta(group_neutralize(close, industry), 2.25164), 8.22237)) - "
        "rank(ts_decay_linear(ts_corr(vwap * 0.318108 + open * (1 - 0.318108), ts_sum(adv180, 37.2467), 13.557), "
        "12.2883))) * -1"
    ),
    (  # 64
        "(rank(ts_corr(ts_sum(open * 0.178404 + low * (1 - 0.178404), 12.7054), ts_sum(adv120, 12.7054), 16.6208)) < "
        "rank(ts_delta((high + low) / 2 * 0.178404 + vwap * (1 - 0.178404), 3.69741))) * -1"
    ),
    (  # 65
        "(rank(ts_corr(open * 0.00817205 + vwap * (1 - 0.00817205), ts_sum(adv60, 8.6911), 6.40374)) < rank(open - "
        "ts_min(open, 13.635))) * -1"
    ),
    (  # 66
        "(rank(ts_decay_linear(ts_delta(vwap, 3.51013), 7.23052)) + ts_rank(ts_decay_linear((low * 0.96633 + low * "
        "(1 - 0.96633) - vwap) / (open - (high + low) / 2), 11.4157), 6.72611)) * -1"
    ),
    (  # 67
        "rank(high - ts_min(high, 2.14593)) ** rank(ts_corr(group_neutralize(vwap, sector), group_neutralize(adv20, "
        "subindustry), 6.02936)) * -1"
    ),
    (  # 68
        "(ts_rank(ts_corr(rank(high), rank(adv15), 8.91644), 13.9333) < rank(ts_delta(close * 0.518371 + low * (1 - "
        "0.518371), 1.06157))) * -1"
    ),
    (  # 69
        "rank(ts_max(ts_delta(group_neutralize(vwap, industry), 2.72412), 4.79344)) ** ts_rank(ts_corr(close * "
        "0.490655 + vwap * (1 - 0.490655), adv20, 4.92416), 9.0615) * -1"
    ),
    (  # 70
        "rank(ts_delta(vwap, 1.29456)) ** ts_rank(ts_corr(group_neutralize(close, industry), adv50, 17.8256), "
        "17.9171) * -1"
    ),
    (  # 71
        "max(ts_rank(ts_decay_linear(ts_corr(ts_rank(close, 3.43976), ts_rank(adv180, 12.0647), 18.0175), 4.20501), "
        "15.6948), ts_rank(ts_decay_linear(rank(low + open - (vwap + vwap)) ** 2, 16.4662), 4.4388))"
    ),
    (  # 72
        "rank(ts_decay_linear(ts_corr((high + low) / 2, adv40, 8.93345), 10.1519)) / "
        "rank(ts_decay_linear(ts_corr(ts_rank(vwap, 3.72469), ts_rank(volume, 18.5188), 6.86671), 2.95011))"
    ),
    (  # 73
        "max(rank(ts_decay_linear(ts_delta(vwap, 4.72775), 2.91864)), ts_rank(ts_decay_linear(ts_delta(open * "
        "0.147155 + low * (1 - 0.147155), 2.03608) / (open * 0.147155 + low * (1 - 0.147155)) * -1, 3.33829), "
        "16.7411)) * -1"
    ),
    (  # 74
        "(rank(ts_corr(close, ts_sum(adv30, 37.4843), 15.1365)) < rank(ts_corr(rank(high * 0.0261661 + vwap * (1 - "
        "0.0261661)), rank(volume), 11.4791))) * -1"
    ),
    "rank(ts_corr(vwap, volume, 4.24304)) < rank(ts_corr(rank(low), rank(adv50), 12.4413))",  # 75
    (  # 76
        "max(rank(ts_decay_linear(ts_delta(vwap, 1.24383), 11.8259)), "
        "ts_rank(ts_decay_linear(ts_rank(ts_corr(group_neutralize(low, sector), adv81, 8.14941), 19.569), 17.1543), "
        "19.383)) * -1"
    ),
    (  # 77
        "min(rank(ts_decay_linear((high + low) / 2 + high - (vwap + high), 20.0451)), "
        "rank(ts_decay_linear(ts_corr((high + low) / 2, adv40, 3.1614), 5.64125)))"
    ),
    (  # 78
        "rank(ts_corr(ts_sum(low * 0.352233 + vwap * (1 - 0.352233), 19.7428), ts_sum(adv40, 19.7428), 6.83313)) ** "
        "rank(ts_corr(rank(vwap), rank(volume), 5.77492))"
    ),
    (  # 79
        "rank(ts_delta(group_neutralize(close * 0.60733 + open * (1 - 0.60733), sector), 1.23438)) < "
        "rank(ts_corr(ts_rank(vwap, 3.60973), ts_rank(adv150, 9.18637), 14.6644))"
    ),
    (  # 80
        "rank(sign(ts_delta(group_neutralize(open * 0.868128 + high * (1 - 0.868128), industry), 4.04545))) ** "
        "ts_rank(ts_corr(high, adv10, 5.11456), 5.53756) * -1"
    ),
    (  # 81
        "(rank(log(ts_product(rank(rank(ts_corr(vwap, ts_sum(adv10, 49.6054), 8.47743)) ** 4), 14.9655))) < "
        "rank(ts_corr(rank(vwap), rank(volume), 5.07914))) * -1"
    ),
    (  # 82
        "min(rank(ts_decay_linear(ts_delta(open, 1.46063), 14.8717)), "
        "ts_rank(ts_decay_linear(ts_corr(group_neutralize(volume, sector), open * 0.634196 + open * (1 - 0.634196), "
        "17.4842), 6.92131), 13.4283)) * -1"
    ),
    (  # 83
        "rank(ts_delay((high - low) / (ts_sum(close, 5) / 5), 2)) * rank(rank(volume)) / ((high - low) / "
        "(ts_sum(close, 5) / 5) / (vwap - close))"
    ),
    "signed_power(ts_rank(vwap - ts_max(vwap, 15.3217), 20.7127), ts_delta(close, 4.96796))",  # 84
    (  # 85
        "rank(ts_corr(high * 0.876703 + close * (1 - 0.876703), adv30, 9.61331)) ** rank(ts_corr(ts_rank((high + "
        "low) / 2, 3.70596), ts_rank(volume, 10.1595), 7.11408))"
    ),
    (  # 86
        "(ts_rank(ts_corr(close, ts_sum(adv20, 14.7444), 6.00049), 20.4195) < rank(open + close - (vwap + open))) * "
        "-1"
    ),
    (  # 87
        "max(rank(ts_decay_linear(ts_delta(close * 0.369701 + vwap * (1 - 0.369701), 1.91233), 2.65461)), "
        "ts_rank(ts_decay_linear(abs(ts_corr(group_neutralize(adv81, industry), close, 13.4132)), 4.89768), "
        "14.4535)) * -1"
    ),
    (  # 88
        "min(rank(ts_decay_linear(rank(open) + rank(low) - (rank(high) + rank(close)), 8.06882)), "
        "ts_rank(ts_decay_linear(ts_corr(ts_rank(close, 8.44728), ts_rank(adv60, 20.6966), 8.01266), 6.65053), "
        "2.61957))"
    ),
    (  # 89
        "ts_rank(ts_decay_linear(ts_corr(low * 0.967285 + low * (1 - 0.967285), adv10, 6.94279), 5.51607), 3.79744) "
        "- ts_rank(ts_decay_linear(ts_delta(group_neutralize(vwap, industry), 3.48158), 10.1466), 15.3012)"
    ),
    (  # 90
        "rank(close - ts_max(close, 4.66719)) ** ts_rank(ts_corr(group_neutralize(adv40, subindustry), low, "
        "5.38375), 3.21856) * -1"
    ),
    (  # 91
        "(ts_rank(ts_decay_linear(ts_decay_linear(ts_corr(group_neutralize(close, industry), volume, 9.74928), "
        "16.398), 3.83219), 4.8667) - rank(ts_decay_linear(ts_corr(vwap, adv30, 4.01303), 2.6809))) * -1"
    ),
    (  # 92
        "min(ts_rank(ts_decay_linear((high + low) / 2 + close < low + open, 14.7221), 18.8683), "
        "ts_rank(ts_decay_linear(ts_corr(rank(low), rank(adv30), 7.58555), 6.94024), 6.80584))"
    ),
    (  # 93
        "ts_rank(ts_decay_linear(ts_corr(group_neutralize(vwap, industry), adv81, 17.4193), 19.848), 7.54455) / "
        "rank(ts_decay_linear(ts_delta(close * 0.524434 + vwap * (1 - 0.524434), 2.77377), 16.2664))"
    ),
    (  # 94
        "rank(vwap - ts_min(vwap, 11.5783)) ** ts_rank(ts_corr(ts_rank(vwap, 19.6462), ts_rank(adv60, 4.02992), "
        "18.0926), 2.70756) * -1"
    ),
    (  # 95
        "rank(open - ts_min(open, 12.4105)) < ts_rank(rank(ts_corr(ts_sum((high + low) / 2, 19.1351), ts_sum(adv40, "
        "19.1351), 12.8742)) ** 5, 11.7584)"
    ),
    (  # 96
        "max(ts_rank(ts_decay_linear(ts_corr(rank(vwap), rank(volume), 3.83878), 4.16783), 8.38151), "
        "ts_rank(ts_decay_linear(ts_arg_max(ts_corr(ts_rank(close, 7.45404), ts_rank(adv60, 4.13242), 3.65459), "
        "12.6556), 14.0365), 13.4143)) * -1"
    ),
    (  # 97
        "(rank(ts_decay_linear(ts_delta(group_neutralize(low * 0.721001 + vwap * (1 - 0.721001), industry), 3.3705), "
        "20.4523)) - ts_rank(ts_decay_linear(ts_rank(ts_corr(ts_rank(low, 7.87871), ts_rank(adv60, 17.255), "
        "4.97547), 18.5925), 15.7152), 6.71659)) * -1"
    ),
    (  # 98
        "rank(ts_decay_linear(ts_corr(vwap, ts_sum(adv5, 26.4719), 4.58418), 7.18088)) - "
        "rank(ts_decay_linear(ts_rank(ts_arg_min(ts_corr(rank(open), rank(adv15), 20.8187), 8.62571), 6.95668), "
        "8.07206))"
    ),
    (  # 99
        "(rank(ts_corr(ts_sum((high + low) / 2, 19.8975), ts_sum(adv60, 19.8975), 8.8136)) < rank(ts_corr(low, "
        "volume, 6.28259))) * -1"
    ),
    (  # 100
        "0 - 1 * ((1.5 * scale(group_neutralize(group_neutralize(rank((close - low - (high - close)) / (high - low) "
        "* volume), subindustry), subindustry)) - scale(group_neutralize(ts_corr(close, rank(adv20), 5) - "
        "rank(ts_arg_min(close, 30)), subindustry))) * (volume / adv20))"
    ),
    "(close - open) / (high - low + 0.001)",  # 101
)

// Every kernel of the core: one function per operator, from input panels to an output panel of the same shape.
//
// `out` never overlaps an input. `window` counts sessions, the present one included. `first_row` is the absolute
// index of the first session given, so that a block of a panel gives the same bits as the whole.
#pragma once

#include <cstdint>

#include "panel.h"

namespace lode {

// A panel, or one number in every cell.
struct Operand {
    const float* cells;  // null: `number` everywhere
    float number;
};

// elementwise.cpp
enum class Unary {
    reverse, abs, sign, log, sqrt, inverse, is_nan, is_not_nan, s_log_1p, exp, sigmoid, tanh, arc_sin, arc_cos,
    arc_tan, floor, ceiling, round, fraction, negation, purify
};
enum class Binary {
    add, subtract, multiply, divide, min, max, power, signed_power, less, less_equal, equal, not_equal, both_true,
    either_true, nan_mask
};
void unary(Unary op, const float* x, float* out, Index cells);
void binary(Binary op, Operand x, Operand y, float* out, Index cells);
void if_else(Operand condition, Operand yes, Operand no, float* out, Index cells);
void keep_where(const float* x, const std::uint8_t* mask, float* out, Index cells);

// lag.cpp
void ts_delay(const float* x, float* out, Shape shape, Index lag);
void ts_delta(const float* x, float* out, Shape shape, Index lag);
void ts_backfill(const float* x, float* out, Shape shape, Index window);

// states.cpp: what a name's earlier sessions leave behind
void kth_element(const float* x, float* out, Shape shape, Index window, Index k);
void last_diff_value(const float* x, float* out, Shape shape, Index window);
void days_from_last_change(const float* x, float* out, Shape shape, Index window);
void trade_when(Operand trigger, Operand alpha, Operand leave, float* out, Shape shape, Index window);
void hump(const float* x, float* out, Shape shape, double threshold, Index window);

// rolling_exponential.cpp: weights factor ^ (sessions ago)
void ts_decay_exp_window(const float* x, float* out, Shape shape, Index window, double factor, Index first_row);
void ts_ewm_mean(const float* x, float* out, Shape shape, double span, Index window, Index first_row);

// rolling_sums.cpp, rolling_moments.cpp, decay.cpp, rolling_extremes.cpp, rolling_rank.cpp
void ts_mean(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_sum(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_product(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_av_diff(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_std_dev(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_zscore(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_decay_linear(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_min(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_max(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_arg_min(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_arg_max(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_scale(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_rank(const float* x, float* out, Shape shape, Index window, Index first_row);

// rolling_pair.cpp
void ts_covariance(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row);
void ts_corr(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row);

void ts_count_nans(const float* x, float* out, Shape shape, Index window);

// rolling_trend.cpp: the line through the last values, over time
void slope(const float* x, float* out, Shape shape, Index window, Index first_row);
void resi(const float* x, float* out, Shape shape, Index window, Index first_row);
void rsquare(const float* x, float* out, Shape shape, Index window, Index first_row);

// rolling_regression.cpp: y on a constant and x of `lag` sessions before
enum class Regression {
    error, intercept, slope, estimate, sse, sst, r_squared, mse, slope_error, intercept_error
};
void ts_regression(const float* y, const float* x, float* out, Shape shape, Index window, Index lag,
                   Regression wanted, Index first_row);

// rolling_shape.cpp
void ts_skewness(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_kurtosis(const float* x, float* out, Shape shape, Index window, Index first_row);
void ts_moment(const float* x, float* out, Shape shape, Index window, Index order, Index first_row);

// rolling_order.cpp: `count` percentiles of the same windows, each to a panel of its own
void ts_percentiles(const float* x, const double* fractions, float* const* out, Index count, Shape shape,
                    Index window);

// drivers.cpp: ranks in [0, 1] as values of a distribution; p = 1 / n + rank (1 - 2 / n) of n values
enum class Driver { gaussian, uniform, cauchy };
void ts_quantile(const float* ranks, float* out, Shape shape, Index window, Driver driver);
void quantile(const float* ranks, float* out, Shape shape, Driver driver, double sigma);
void ts_vector_proj(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row);
void ts_vector_neut(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row);

// cross_section.cpp
void zscore(const float* x, float* out, Shape shape);
void normalize(const float* x, float* out, Shape shape);
void scale(const float* x, float* out, Shape shape);
void winsorize(const float* x, float* out, Shape shape, double deviations);
enum class Fit { vector_neut, vector_proj, regression_neut, regression_proj };
void cross_fit(Fit wanted, const float* y, const float* x, float* out, Shape shape);
void truncate(const float* x, float* out, Shape shape, double share);
void one_side(const float* x, float* out, Shape shape, double side);

// group.cpp; labels outside of [0, groups) are missing
void group_mean(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_neutralize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_zscore(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_std_dev(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_sum(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_count(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_normalize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_min(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_max(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_scale(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_percentage(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups,
                      double fraction);

// ranking.cpp
void rank(const float* x, float* out, Shape shape);
void group_rank(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);

// cpu.cpp
const char* best_instruction_set();

}  // namespace lode

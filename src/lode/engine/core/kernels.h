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
enum class Unary { reverse, abs, sign, log, sqrt, inverse, is_nan };
enum class Binary { add, subtract, multiply, divide, min, max, power, signed_power, less, less_equal, equal, not_equal };
void unary(Unary op, const float* x, float* out, Index cells);
void binary(Binary op, Operand x, Operand y, float* out, Index cells);
void if_else(Operand condition, Operand yes, Operand no, float* out, Index cells);
void keep_where(const float* x, const std::uint8_t* mask, float* out, Index cells);

// lag.cpp
void ts_delay(const float* x, float* out, Shape shape, Index lag);
void ts_delta(const float* x, float* out, Shape shape, Index lag);
void ts_backfill(const float* x, float* out, Shape shape, Index window);

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

// cross_section.cpp
void zscore(const float* x, float* out, Shape shape);
void normalize(const float* x, float* out, Shape shape);
void scale(const float* x, float* out, Shape shape);
void winsorize(const float* x, float* out, Shape shape, double deviations);

// group.cpp; labels outside of [0, groups) are missing
void group_mean(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_neutralize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);
void group_zscore(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups);

// ranking.cpp: `packed` holds one row of `names` keys a session, which the caller sorts between pack and rank.
void pack(const float* x, std::uint32_t* packed, std::int32_t* known, Shape shape);
void rank(const float* x, std::uint32_t* packed, const std::int32_t* known, float* out, Shape shape);
void group_rank(const float* x, const std::int32_t* label, std::uint32_t* packed, const std::int32_t* known,
                float* out, Shape shape, std::int32_t groups);

// cpu.cpp
const char* best_instruction_set();

}  // namespace lode

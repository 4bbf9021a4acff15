// Cell by cell. A missing operand gives a missing result, and so does a result that is not finite.
#include <cmath>
#include <cstring>

#include "kernels.h"

namespace lode {
namespace {

template <class Function>
void map(const float* LODE_RESTRICT x, float* LODE_RESTRICT out, Index cells, Function f) {
    for (Index i = 0; i < cells; ++i) out[i] = f(x[i]);
}

template <class Function>
void zip(Operand a, Operand b, float* LODE_RESTRICT out, Index cells, Function f) {
    const float* LODE_RESTRICT x = a.cells;
    const float* LODE_RESTRICT y = b.cells;
    const float p = a.number, q = b.number;
    if (x && y) {
        for (Index i = 0; i < cells; ++i) out[i] = f(x[i], y[i]);
    } else if (x) {
        for (Index i = 0; i < cells; ++i) out[i] = f(x[i], q);
    } else if (y) {
        for (Index i = 0; i < cells; ++i) out[i] = f(p, y[i]);
    } else {
        const float value = f(p, q);
        for (Index i = 0; i < cells; ++i) out[i] = value;
    }
}

// An operand as a function of the cell.
auto panel(Operand operand) {
    return [cells = operand.cells](Index i) { return cells[i]; };
}
auto number(Operand operand) {
    return [value = operand.number](Index) { return value; };
}

LODE_INLINE bool known(float x) { return magnitude(x) <= kLargest; }
LODE_INLINE float both(float x, float y, float result) { return (known(x) & known(y)) ? result : kNaN; }
LODE_INLINE float sign_of(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }

// Natural logarithm of a positive normal double of float precision, to about 1e-10 relative: x = m 2^e with m in
// [sqrt(1/2), sqrt(2)), log m = 2 artanh((m - 1) / (m + 1)) as a series.
LODE_INLINE double log_of(double x) {
    std::int64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::int64_t shifted = bits - 0x3FE6A09E667F3BCDLL;  // sqrt(1/2)
    const std::int64_t exponent = shifted >> 52;
    const std::int64_t mantissa = bits - (exponent * 0x10000000000000LL);
    double m;
    std::memcpy(&m, &mantissa, sizeof m);
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    const double series =
        1.0 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13))))));
    return 2.0 * s * series + static_cast<double>(static_cast<std::int32_t>(exponent)) * 0.693147180559945309417;
}

LODE_INLINE float safe_log(float x) {
    const bool valid = (x > 0.0f) & (x <= kLargest);
    const float result = static_cast<float>(log_of(valid ? static_cast<double>(x) : 1.0));
    return valid ? result : kNaN;
}

// sign(x) log(1 + |x|). Where 1 + |x| loses digits of a small x, the series' first terms have them all.
LODE_INLINE float signed_log(float x) {
    const double size = known(x) ? static_cast<double>(magnitude(x)) : 0.0;
    const double small = size - size * size * (0.5 - size * (1.0 / 3.0 - size * 0.25));
    const double result = size < 1e-3 ? small : log_of(1.0 + size);
    return both(x, x, static_cast<float>(x < 0.0f ? -result : result));
}

// By the C library's function, in double: exact to float's rounding, and not vectorised.
template <class Function>
void by_library(const float* x, float* out, Index cells, Function f) {
    map(x, out, cells, [f](float v) { return both(v, v, finite(f(static_cast<double>(v)))); });
}

LODE_INLINE float power_of(float x, float y) {
    return both(x, y, finite(std::pow(static_cast<double>(x), static_cast<double>(y))));
}

// Exponents that formulas use need no transcendental function.
template <class Fallback>
void power_by(const float* x, float exponent, float* out, Index cells, Fallback general) {
    if (exponent == 1.0f) return map(x, out, cells, [](float v) { return finite(v); });
    if (exponent == 2.0f) return map(x, out, cells, [](float v) { return finite(v * v); });
    if (exponent == 3.0f) {
        return map(x, out, cells, [](float v) { return finite(static_cast<double>(v) * v * v); });
    }
    if (exponent == -1.0f) return map(x, out, cells, [](float v) { return both(v, v, finite(1.0f / v)); });
    general();
}

void power(Operand x, Operand y, float* out, Index cells) {
    const auto general = [&] { zip(x, y, out, cells, power_of); };
    if (!x.cells || y.cells) return general();
    if (y.number == 0.5f) return map(x.cells, out, cells, [](float v) { return finite(std::sqrt(v)); });
    power_by(x.cells, y.number, out, cells, general);
}

void signed_power(Operand x, Operand y, float* out, Index cells) {
    const auto signed_of = [](float v, float e) { return v < 0.0f ? -power_of(-v, e) : v > 0.0f ? power_of(v, e)
                                                         : power_of(v, e) * 0.0f; };
    const auto general = [&] { zip(x, y, out, cells, signed_of); };
    if (!x.cells || y.cells) return general();
    if (y.number == 2.0f) return map(x.cells, out, cells, [](float v) { return finite(v * magnitude(v)); });
    if (y.number == 0.5f) {
        return map(x.cells, out, cells, [](float v) {
            const float root = std::sqrt(magnitude(v));
            return finite(v < 0.0f ? -root : root);
        });
    }
    power_by(x.cells, y.number, out, cells, general);
}

}  // namespace

void unary(Unary op, const float* x, float* out, Index cells) {
    switch (op) {
        case Unary::reverse: return map(x, out, cells, [](float v) { return finite(-v); });
        case Unary::abs: return map(x, out, cells, [](float v) { return finite(magnitude(v)); });
        case Unary::sign: return map(x, out, cells, [](float v) { return both(v, v, sign_of(v)); });
        case Unary::log: return map(x, out, cells, safe_log);
        case Unary::sqrt: return map(x, out, cells, [](float v) { return finite(std::sqrt(v)); });
        case Unary::inverse: return map(x, out, cells, [](float v) { return both(v, v, finite(1.0f / v)); });
        case Unary::is_nan: return map(x, out, cells, [](float v) { return known(v) ? 0.0f : 1.0f; });
        case Unary::is_not_nan: return map(x, out, cells, [](float v) { return known(v) ? 1.0f : 0.0f; });
        case Unary::s_log_1p: return map(x, out, cells, signed_log);
        case Unary::exp: return by_library(x, out, cells, [](double v) { return std::exp(v); });
        case Unary::sigmoid: return by_library(x, out, cells, [](double v) { return 1.0 / (1.0 + std::exp(-v)); });
        case Unary::tanh: return by_library(x, out, cells, [](double v) { return std::tanh(v); });
        case Unary::arc_sin: return by_library(x, out, cells, [](double v) { return std::asin(v); });
        case Unary::arc_cos: return by_library(x, out, cells, [](double v) { return std::acos(v); });
        case Unary::arc_tan: return by_library(x, out, cells, [](double v) { return std::atan(v); });
        case Unary::floor: return map(x, out, cells, [](float v) { return finite(std::floor(v)); });
        case Unary::ceiling: return map(x, out, cells, [](float v) { return finite(std::ceil(v)); });
        case Unary::round: return map(x, out, cells, [](float v) { return finite(std::nearbyint(v)); });
        case Unary::fraction: return map(x, out, cells, [](float v) { return finite(v - std::trunc(v)); });
        case Unary::negation: return map(x, out, cells, [](float v) { return both(v, v, v == 0.0f ? 1.0f : 0.0f); });
        case Unary::purify: return map(x, out, cells, [](float v) { return finite(v); });
    }
}

void binary(Binary op, Operand x, Operand y, float* out, Index cells) {
    switch (op) {
        case Binary::add: return zip(x, y, out, cells, [](float a, float b) { return finite(a + b); });
        case Binary::subtract: return zip(x, y, out, cells, [](float a, float b) { return finite(a - b); });
        case Binary::multiply: return zip(x, y, out, cells, [](float a, float b) { return finite(a * b); });
        case Binary::divide: return zip(x, y, out, cells, [](float a, float b) { return both(a, b, finite(a / b)); });
        case Binary::min: return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a < b ? a : b); });
        case Binary::max: return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a > b ? a : b); });
        case Binary::less:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a < b ? 1.0f : 0.0f); });
        case Binary::less_equal:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a <= b ? 1.0f : 0.0f); });
        case Binary::equal:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a == b ? 1.0f : 0.0f); });
        case Binary::not_equal:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a == b ? 0.0f : 1.0f); });
        case Binary::both_true:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a != 0.0f & b != 0.0f ? 1.0f : 0.0f); });
        case Binary::either_true:
            return zip(x, y, out, cells, [](float a, float b) { return both(a, b, a != 0.0f | b != 0.0f ? 1.0f : 0.0f); });
        case Binary::nan_mask: return zip(x, y, out, cells, [](float a, float b) { return b < 0.0f ? kNaN : finite(a); });
        case Binary::power: return power(x, y, out, cells);
        case Binary::signed_power: return signed_power(x, y, out, cells);
    }
}

void if_else(Operand condition, Operand yes, Operand no, float* LODE_RESTRICT out, Index cells) {
    const auto select = [](float when, float x, float y) { return known(when) ? finite(when != 0.0f ? x : y) : kNaN; };
    const auto chosen = [&](auto when, auto x, auto y) {
        for (Index i = 0; i < cells; ++i) out[i] = select(when(i), x(i), y(i));
    };
    const auto with_no = [&](auto when, auto x) { no.cells ? chosen(when, x, panel(no)) : chosen(when, x, number(no)); };
    const auto with_yes = [&](auto when) { yes.cells ? with_no(when, panel(yes)) : with_no(when, number(yes)); };
    condition.cells ? with_yes(panel(condition)) : with_yes(number(condition));
}

void keep_where(const float* LODE_RESTRICT x, const std::uint8_t* LODE_RESTRICT mask, float* LODE_RESTRICT out,
                Index cells) {
    for (Index i = 0; i < cells; ++i) out[i] = mask[i] ? x[i] : kNaN;
}

}  // namespace lode

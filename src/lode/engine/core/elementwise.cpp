// Cell by cell. A missing operand gives a missing result, and so does a result that is not finite.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels.h"
#include "lanes.h"

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

// The same of a positive float, in floats: half a unit in the last place more than rounding costs. Float lanes are
// twice as many, and the division that `log_of` needs is what it waits for.
LODE_INLINE float float_log_of(float x) {
    const bool tiny = x < 1.17549435e-38f;  // no leading one: too few digits for the split below
    const float normal = tiny ? x * 33554432.0f : x;
    std::int32_t bits;
    std::memcpy(&bits, &normal, sizeof bits);
    const std::int32_t exponent = (bits - 0x3F3504F3) >> 23;  // sqrt(1/2)
    const std::int32_t mantissa = bits - exponent * 0x800000;
    float m;
    std::memcpy(&m, &mantissa, sizeof m);
    const float f = m - 1.0f, e = static_cast<float>(tiny ? exponent - 25 : exponent);
    float p = 7.0376836292e-2f;  // (log(1 + f) - f + f^2 / 2) / f^3, minimax (Moshier, Cephes)
    p = multiply_add(p, f, -1.1514610310e-1f);
    p = multiply_add(p, f, 1.1676998740e-1f);
    p = multiply_add(p, f, -1.2420140846e-1f);
    p = multiply_add(p, f, 1.4249322787e-1f);
    p = multiply_add(p, f, -1.6668057665e-1f);
    p = multiply_add(p, f, 2.0000714765e-1f);
    p = multiply_add(p, f, -2.4999993993e-1f);
    p = multiply_add(p, f, 3.3333331174e-1f);
    const float square = f * f;
    const float low = multiply_add(e, -2.12194440e-4f, f * square * p) - 0.5f * square;
    return multiply_add(e, 0.693359375f, f + low);
}

LODE_INLINE float safe_log(float x) {
    const bool valid = (x > 0.0f) & (x <= kLargest);
    const float result = float_log_of(valid ? x : 1.0f);
    return valid ? result : kNaN;
}

// 2^t to about 1e-10 relative, for t within a double's exponents: t = n + f with |f| <= 1/2, and a series in f log 2.
LODE_INLINE double exp2_of(double t) {
    const double shifted = t + 6755399441055744.0;  // 1.5 2^52: the last bits now hold n
    const double n = shifted - 6755399441055744.0, f = (t - n) * 0.693147180559945309417;
    std::uint64_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 52) + 0x3FF0000000000000ULL;
    double scale;
    std::memcpy(&scale, &bits, sizeof scale);
    double p = 1.0 / 40320;
    p = multiply_add(p, f, 1.0 / 5040);
    p = multiply_add(p, f, 1.0 / 720);
    p = multiply_add(p, f, 1.0 / 120);
    p = multiply_add(p, f, 1.0 / 24);
    p = multiply_add(p, f, 1.0 / 6);
    p = multiply_add(p, f, 0.5);
    p = multiply_add(p, f, 1.0);
    p = multiply_add(p, f, 1.0);
    return p * scale;
}

LODE_INLINE double within(double x, double limit) { return x < -limit ? -limit : x > limit ? limit : x; }

// e^x; beyond what floats hold it stays beyond.
LODE_INLINE double exp_of(double x) { return exp2_of(within(x * 1.44269504088896340736, 1000.0)); }

LODE_INLINE float safe_exp(float x) { return both(x, x, finite(exp_of(static_cast<double>(x)))); }

LODE_INLINE float sigmoid_of(float x) {
    return both(x, x, static_cast<float>(1.0 / (1.0 + exp_of(-static_cast<double>(x)))));
}

// Where e^2x - 1 would lose the digits of a small x, the series' first terms have them all.
LODE_INLINE float tanh_of(float x) {
    const double wide = static_cast<double>(x), e = exp_of(wide + wide), small = wide - wide * wide * wide * (1.0 / 3.0);
    return both(x, x, static_cast<float>(magnitude(x) < 1e-4f ? small : 1.0 - 2.0 / (e + 1.0)));
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

// |x|^y of a positive normal |x|, as 2^(y log2 |x|).
LODE_INLINE double positive_power(float size, float y) {
    std::int32_t bits;
    std::memcpy(&bits, &size, sizeof bits);
    const std::int32_t exponent = (bits - 0x3F3504F3) >> 23;
    const std::int32_t mantissa = bits - exponent * 0x800000;
    float m;
    std::memcpy(&m, &mantissa, sizeof m);
    const double wide = static_cast<double>(m), s = (wide - 1.0) / (wide + 1.0), z = s * s;
    double p = 2.0 * 1.44269504088896340736 / 13;
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736 / 11);
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736 / 9);
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736 / 7);
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736 / 5);
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736 / 3);
    p = multiply_add(p, z, 2.0 * 1.44269504088896340736);
    const double log2 = multiply_add(p, s, static_cast<double>(exponent));
    return exp2_of(within(static_cast<double>(y) * log2, 1000.0));
}

// As C's pow, where both are known and so is the result.
LODE_INLINE float power_of(float x, float y) {
    const float size = magnitude(x), half = 0.5f * y;
    const bool whole = std::floor(y) == y, odd = whole & (std::floor(half) != half);
    const bool tiny = size < 1.17549435e-38f, zero = size == 0.0f;
    const double scaled = positive_power(tiny ? (zero ? 1.0f : size * 33554432.0f) : size, y);
    const double found = tiny & !zero ? scaled * exp2_of(within(static_cast<double>(y) * -25.0, 1000.0)) : scaled;
    const float power = finite(x < 0.0f ? (odd ? -found : found) : found);
    const float of_zero = y > 0.0f ? (odd ? x : 0.0f) : kNaN;
    const float result = y == 0.0f ? 1.0f : zero ? of_zero : (x < 0.0f) & !whole ? kNaN : power;
    return both(x, y, result);
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

constexpr Index kStretch = 256;

// zip, with a number put in every place of a stretch, where the compiler would take a loop apart for it.
template <class Function>
void zip_alike(Operand a, Operand b, float* LODE_RESTRICT out, Index cells, Function f) {
    float numbers[kStretch];
    if (a.cells && b.cells) return zip(a, b, out, cells, f);
    std::fill(numbers, numbers + kStretch, a.cells ? b.number : a.number);
    for (Index i = 0; i < cells; i += kStretch) {
        const Operand x{a.cells ? a.cells + i : numbers, 0.0f}, y{b.cells ? b.cells + i : numbers, 0.0f};
        zip(x, y, out + i, std::min(kStretch, cells - i), f);
    }
}

void power(Operand x, Operand y, float* out, Index cells) {
    const auto general = [&] { zip_alike(x, y, out, cells, power_of); };
    if (!x.cells || y.cells) return general();
    if (y.number == 0.5f) return map(x.cells, out, cells, [](float v) { return finite(std::sqrt(v)); });
    power_by(x.cells, y.number, out, cells, general);
}

// sign(x) |x|^y, a stretch at a time: sizes, their powers, signs. In one go the compiler would not vectorise it.
void signed_power_by_parts(Operand x, Operand y, float* LODE_RESTRICT out, Index cells) {
    float values[kStretch], sizes[kStretch];
    std::fill(values, values + kStretch, x.number);
    for (Index i = 0; i < cells; i += kStretch) {
        const Index n = std::min(kStretch, cells - i);
        if (x.cells) std::copy(x.cells + i, x.cells + i + n, values);
        for (Index k = 0; k < n; ++k) sizes[k] = magnitude(values[k]);
        zip_alike({sizes, 0.0f}, {y.cells ? y.cells + i : nullptr, y.number}, out + i, n, power_of);
        for (Index k = 0; k < n; ++k) out[i + k] *= sign_of(values[k]);
    }
}

void signed_power(Operand x, Operand y, float* out, Index cells) {
    const auto general = [&] { signed_power_by_parts(x, y, out, cells); };
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
        case Unary::exp: return map(x, out, cells, safe_exp);
        case Unary::sigmoid: return map(x, out, cells, sigmoid_of);
        case Unary::tanh: return map(x, out, cells, tanh_of);
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

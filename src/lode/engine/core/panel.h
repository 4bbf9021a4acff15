// The shape that every kernel works on, and the rule for values that are missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#if defined(_MSC_VER) && !defined(__clang__)
#define LODE_RESTRICT __restrict
#define LODE_INLINE __forceinline
#else
#define LODE_RESTRICT __restrict__
#define LODE_INLINE inline __attribute__((always_inline))
#endif

namespace lode {

using Index = std::ptrdiff_t;

// Sessions by names, row-major: the cell of session t and name n is at t * names + n. Where results of the first
// sessions are not wanted, but looked back to, they are skipped: the result then begins with session `skipped`.
struct Shape {
    Index sessions;
    Index names;
    Index skipped = 0;
    Index cells() const { return sessions * names; }
    Index results() const { return (sessions - skipped) * names; }
    Index result_of(Index session) const { return (session - skipped) * names; }
};

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

LODE_INLINE float magnitude(float x) { return x < 0.0f ? -x : x; }

// No infinity leaves an operator: what is not finite is missing.
LODE_INLINE float finite(float x) { return magnitude(x) <= kLargest ? x : kNaN; }
LODE_INLINE float finite(double x) { return finite(static_cast<float>(x)); }

}  // namespace lode

// Names side by side: the compiler's vector types, so that nothing depends on what a vectoriser makes out of a loop.
//
// A kernel is written once for a type V that is either a vector (a lane a name) or a plain number (the last few names,
// and compilers without vector types). Lanes never mix, and the compiler contracts nothing, so both give the same bits.
#pragma once

#include <cmath>
#include <cstring>
#include <type_traits>

#include "panel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LODE_VECTORS 1
#define LODE_UNROLL _Pragma("GCC unroll 16")
#else
#define LODE_VECTORS 0
#define LODE_UNROLL
#endif

namespace lode {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// Lanes<double>::Vector holds as many doubles as the processor's registers do, Lanes<float>::Vector as many floats.
template <class Number>
struct Lanes {
    static constexpr int COUNT = LODE_VECTORS ? kVectorBytes / static_cast<int>(sizeof(Number)) : 1;
#if LODE_VECTORS
    typedef Number Vector __attribute__((vector_size(kVectorBytes)));
    typedef float Cells __attribute__((vector_size(COUNT * sizeof(float))));
#else
    using Vector = Number;
    using Cells = float;
#endif
};

// The number that a lane of V holds, how many lanes there are, and the panel cells that they come from.
template <class V>
struct LanesOf {
    using Number = V;
    using Cells = float;
    static constexpr int COUNT = 1;
};

#if LODE_VECTORS
template <>
struct LanesOf<Lanes<double>::Vector> : Lanes<double> {
    using Number = double;
};
template <>
struct LanesOf<Lanes<float>::Vector> : Lanes<float> {
    using Number = float;
};
#endif

template <class T>
LODE_INLINE T read(const void* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class T>
LODE_INLINE void write(void* to, T value) {
    std::memcpy(to, &value, sizeof value);
}

// Asks for the cache lines of `bytes` from here on, ahead of their use: a tile's rows lie too far apart for the
// processor to guess the next one.
template <int BYTES>
LODE_INLINE void prefetch_to_read(const float* from) {
#if LODE_VECTORS
    LODE_UNROLL for (int at = 0; at < BYTES; at += 64) __builtin_prefetch(reinterpret_cast<const char*>(from) + at, 0);
    __builtin_prefetch(reinterpret_cast<const char*>(from) + BYTES - 1, 0);
#endif
}

template <int BYTES>
LODE_INLINE void prefetch_to_write(float* to) {
#if LODE_VECTORS
    LODE_UNROLL for (int at = 0; at < BYTES; at += 64) __builtin_prefetch(reinterpret_cast<char*>(to) + at, 1);
    __builtin_prefetch(reinterpret_cast<char*>(to) + BYTES - 1, 1);
#endif
}

template <class V>
LODE_INLINE V all(typename LanesOf<V>::Number number) {
    return V{} + number;
}

LODE_INLINE float absolute(float x) { return magnitude(x); }

#if LODE_VECTORS
template <class V>
LODE_INLINE V absolute(V x) {
    typedef std::int32_t Bits __attribute__((vector_size(sizeof(V))));
    static_assert(sizeof(x[0]) == sizeof(std::int32_t), "floats only");
    return (V)((Bits)x & 0x7fffffff);
}
#endif

// a * b + c; rounded once where the processor can, in vectors and in single numbers alike.
LODE_INLINE double multiply_add(double a, double b, double c) {
#if defined(__FMA__)
    return std::fma(a, b, c);
#else
    return a * b + c;
#endif
}

LODE_INLINE float multiply_add(float a, float b, float c) {
#if defined(__FMA__)
    return std::fma(a, b, c);
#else
    return a * b + c;
#endif
}

#if LODE_VECTORS
LODE_INLINE Lanes<double>::Vector multiply_add(Lanes<double>::Vector a, Lanes<double>::Vector b,
                                               Lanes<double>::Vector c) {
#if defined(__AVX512F__)
    return (Lanes<double>::Vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__) && defined(__AVX2__)
    return (Lanes<double>::Vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}
#endif

// Conversions and roots by name: what compilers make of the generic ones can go through memory. inverse_root is for
// what becomes a float: some units in the last place of a double may be missing.
LODE_INLINE double square_root(double x) { return std::sqrt(x); }
#if LODE_VECTORS
using Doubles = Lanes<double>::Vector;
using HalfFloats = Lanes<double>::Cells;

#if defined(__AVX512F__)
LODE_INLINE Doubles widen(const float* from) { return (Doubles)_mm512_cvtps_pd(_mm256_loadu_ps(from)); }
LODE_INLINE HalfFloats narrow(Doubles x) { return (HalfFloats)_mm512_cvtpd_ps((__m512d)x); }
LODE_INLINE Doubles square_root(Doubles x) { return (Doubles)_mm512_sqrt_pd((__m512d)x); }
// 14 bits from the table, doubled twice by Newton's step: what is equal but for the order of its sums stays equal as a
// float, where one step would break ties of correlations that the ranks of few sessions have.
LODE_INLINE Doubles inverse_root(Doubles x) {
    Doubles y = (Doubles)_mm512_rsqrt14_pd((__m512d)x);
    y = y * multiply_add(-0.5 * x * y, y, Doubles{} + 1.5);
    return y * multiply_add(-0.5 * x * y, y, Doubles{} + 1.5);
}
#elif defined(__AVX2__)
LODE_INLINE Doubles widen(const float* from) { return (Doubles)_mm256_cvtps_pd(_mm_loadu_ps(from)); }
LODE_INLINE HalfFloats narrow(Doubles x) { return (HalfFloats)_mm256_cvtpd_ps((__m256d)x); }
LODE_INLINE Doubles square_root(Doubles x) { return (Doubles)_mm256_sqrt_pd((__m256d)x); }
LODE_INLINE Doubles inverse_root(Doubles x) { return 1.0 / square_root(x); }
#else
LODE_INLINE Doubles widen(const float* from) {
    Doubles x;
    for (int i = 0; i < Lanes<double>::COUNT; ++i) x[i] = static_cast<double>(from[i]);
    return x;
}
LODE_INLINE HalfFloats narrow(Doubles x) {
    HalfFloats cells;
    for (int i = 0; i < Lanes<double>::COUNT; ++i) cells[i] = static_cast<float>(x[i]);
    return cells;
}
LODE_INLINE Doubles square_root(Doubles x) {
    for (int i = 0; i < Lanes<double>::COUNT; ++i) x[i] = std::sqrt(x[i]);
    return x;
}
LODE_INLINE Doubles inverse_root(Doubles x) { return 1.0 / square_root(x); }
#endif
#endif

#if defined(__AVX512F__)
LODE_INLINE double inverse_root(double x) { return inverse_root(Doubles{} + x)[0]; }
#else
LODE_INLINE double inverse_root(double x) { return 1.0 / std::sqrt(x); }
#endif

// Panel cells as lanes of V.
template <class V>
LODE_INLINE V cells_at(const float* from) {
    if constexpr (LanesOf<V>::COUNT == 1) {
        return static_cast<V>(*from);
    } else if constexpr (std::is_same_v<typename LanesOf<V>::Number, float>) {
        return read<V>(from);
    } else {
#if LODE_VECTORS
        return widen(from);
#endif
    }
}

// Lanes of V as panel cells; what is not finite becomes missing.
template <class V>
LODE_INLINE void write_finite(float* to, V value) {
    if constexpr (LanesOf<V>::COUNT == 1) {
        *to = finite(value);
    } else if constexpr (std::is_same_v<typename LanesOf<V>::Number, float>) {
        write(to, absolute(value) <= kLargest ? value : V{} + kNaN);
    } else {
#if LODE_VECTORS
        const HalfFloats cells = narrow(value);
        write(to, absolute(cells) <= kLargest ? cells : HalfFloats{} + kNaN);
#endif
    }
}

}  // namespace lode

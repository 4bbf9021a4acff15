// Skewness, kurtosis and central moments over a window.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Sums of the first ORDER powers of the distance to the reference.
template <int ORDER>
struct Powers {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = ORDER, KEPT = ORDER;
    double window, share;
    explicit Powers(Index d) : window(static_cast<double>(d)), share(1.0 / window) {}
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        LODE_UNROLL for (int k = 0; k < ORDER; ++k) s[k] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V) const {
        const V distance = x[0] - reference[0];
        V power = distance;
        LODE_UNROLL for (int k = 0; k < ORDER; ++k) {
            s[k] += power;
            power *= distance;
        }
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    // Mean powers of the distance to the mean, from mean powers of the distance to the reference.
    template <class V>
    LODE_INLINE static V second(V m, V squares) {
        return squares - m * m;
    }
    template <class V>
    LODE_INLINE static V third(V m, V squares, V cubes) {
        return cubes - m * (3.0 * squares - 2.0 * m * m);
    }
    template <class V>
    LODE_INLINE static V fourth(V m, V squares, V cubes, V fourths) {
        return fourths - m * (4.0 * cubes - m * (6.0 * squares - 3.0 * m * m));
    }
    template <class V>
    LODE_INLINE static V where_it_varies(V variance, V value) {
        return variance > 0.0 ? value : V{} + static_cast<double>(kNaN);
    }
};

template <class Shape_, int ORDER>
struct OfSums : Powers<ORDER> {
    using Powers<ORDER>::Powers;
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        V mean[ORDER];
        LODE_UNROLL for (int k = 0; k < ORDER; ++k) mean[k] = (head[k] + tail[k]) * this->share;
        return static_cast<const Shape_*>(this)->template of<V>(mean);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        V mean[ORDER];
        LODE_UNROLL for (int k = 0; k < ORDER; ++k) mean[k] = tail[k] * this->share;
        return static_cast<const Shape_*>(this)->template of<V>(mean);
    }
};

struct Skewness : OfSums<Skewness, 3> {
    double unbiased;
    explicit Skewness(Index d)
        : OfSums(d), unbiased(window > 2.0 ? square_root(window * (window - 1.0)) / (window - 2.0) : kNaN) {}
    template <class V>
    LODE_INLINE V of(const V* m) const {
        const V v = second(m[0], m[1]);
        return where_it_varies<V>(v, third(m[0], m[1], m[2]) / (v * square_root(v)) * unbiased);
    }
};

struct Kurtosis : OfSums<Kurtosis, 4> {
    double factor, offset;
    explicit Kurtosis(Index d)
        : OfSums(d), factor(window > 3.0 ? (window - 1.0) / ((window - 2.0) * (window - 3.0)) : kNaN),
          offset(3.0 * (window - 1.0)) {}
    template <class V>
    LODE_INLINE V of(const V* m) const {
        const V v = second(m[0], m[1]);
        const V plain = fourth(m[0], m[1], m[2], m[3]) / (v * v);
        return where_it_varies<V>(v, (plain * (window + 1.0) - offset) * factor);
    }
};

struct Third : OfSums<Third, 3> {
    using OfSums::OfSums;
    template <class V>
    LODE_INLINE V of(const V* m) const {
        return third(m[0], m[1], m[2]);
    }
};

struct Fourth : OfSums<Fourth, 4> {
    using OfSums::OfSums;
    template <class V>
    LODE_INLINE V of(const V* m) const {
        return fourth(m[0], m[1], m[2], m[3]);
    }
};

struct Second : OfSums<Second, 2> {
    using OfSums::OfSums;
    template <class V>
    LODE_INLINE V of(const V* m) const {
        const V v = second(m[0], m[1]);
        return v <= 0.0 ? V{} : v;
    }
};

}  // namespace

void ts_skewness(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Skewness(window), {{x}}, out, shape, window, first_row);
}

void ts_kurtosis(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<2>(Kurtosis(window), {{x}}, out, shape, window, first_row);
}

void ts_moment(const float* x, float* out, Shape shape, Index window, Index order, Index first_row) {
    if (order == 2) return slide<4>(Second(window), {{x}}, out, shape, window, first_row);
    if (order == 3) return slide<4>(Third(window), {{x}}, out, shape, window, first_row);
    return slide<2>(Fourth(window), {{x}}, out, shape, window, first_row);
}

}  // namespace lode

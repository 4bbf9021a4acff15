// The straight line through the last `window` values, fitted by least squares on the sessions 1 (oldest) to `window`.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Words: squares (where they are needed), the sum, and a sum weighted by place. Forward weights are the offsets in the
// block; backward the sum of the sums weights the tail's oldest session 1, the next 2, and so on. All of distances to
// the reference, to which neither slope nor residual is sensitive.
template <bool SQUARES>
struct Trend {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = SQUARES ? 3 : 2, KEPT = WORDS, SUM = 0, PLACED = 1, SQUARED = WORDS - 1;
    double window, share, middle, spread;  // d, 1 / d, (d + 1) / 2, 1 / sum of squared distances from the middle
    explicit Trend(Index d)
        : window(static_cast<double>(d)), share(1.0 / window), middle(0.5 * (window + 1.0)),
          spread(12.0 / (window * (window * window - 1.0))) {}
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        LODE_UNROLL for (int k = 0; k < WORDS; ++k) s[k] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V offset) const {
        const V distance = x[0] - reference[0];
        s[SUM] += distance;
        s[PLACED] = multiply_add(distance, offset, s[PLACED]);
        if constexpr (SQUARES) s[SQUARED] = multiply_add(distance, distance, s[SQUARED]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V) const {
        const V distance = x[0] - reference[0];
        s[SUM] += distance;
        s[PLACED] += s[SUM];
        if constexpr (SQUARES) s[SQUARED] = multiply_add(distance, distance, s[SQUARED]);
    }
    // Sum of distances weighted by how far their session is from the middle one.
    template <class V>
    LODE_INLINE V lever(const V* head, const V* tail, V offset) const {
        const V youngest = window - offset, sum = head[SUM] + tail[SUM];
        return multiply_add(youngest, head[SUM], head[PLACED]) + tail[PLACED] - middle * sum;
    }
    template <class V>
    LODE_INLINE V lever(const V* tail) const {
        return tail[PLACED] - middle * tail[SUM];
    }
};

struct Slope : Trend<false> {
    using Trend::Trend;
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V offset) const {
        return lever(head, tail, offset) * spread;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return lever(tail) * spread;
    }
};

struct Residual : Trend<false> {
    using Trend::Trend;
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V* x, const V* reference, V offset) const {
        const V mean = (head[SUM] + tail[SUM]) * share;
        return x[0] - reference[0] - mean - lever(head, tail, offset) * (spread * (window - middle));
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return -tail[SUM] * share - lever(tail) * (spread * (window - middle));
    }
};

struct RSquare : Trend<true> {
    using Trend::Trend;
    template <class V>
    LODE_INLINE V explained(V lever, V sum, V squares) const {
        const V total = squares - sum * (sum * share);
        const V part = lever * lever * spread / total;
        const V below = part > 1.0 ? V{} + 1.0 : part;
        return total > 0.0 ? below : V{} + static_cast<double>(kNaN);
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V offset) const {
        return explained<V>(lever(head, tail, offset), head[SUM] + tail[SUM], head[SQUARED] + tail[SQUARED]);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return explained<V>(lever(tail), tail[SUM], tail[SQUARED]);
    }
};

}  // namespace

void slope(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Slope(window), {{x}}, out, shape, window, first_row);
}

void resi(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Residual(window), {{x}}, out, shape, window, first_row);
}

void rsquare(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(RSquare(window), {{x}}, out, shape, window, first_row);
}

}  // namespace lode

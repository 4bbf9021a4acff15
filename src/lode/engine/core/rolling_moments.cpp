// Standard deviation and z-score over a window; sample variance (ddof = 1).
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

struct Moments {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    double share, freedom;  // 1 / window, 1 / (window - 1)
    explicit Moments(Index window)
        : share(1.0 / static_cast<double>(window)), freedom(1.0 / static_cast<double>(window - 1)) {}
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V) const {
        const V distance = x[0] - reference[0];
        s[0] += distance;
        s[1] = multiply_add(distance, distance, s[1]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    template <class V>
    LODE_INLINE V variance(V sum, V squares) const {
        return (squares - sum * (sum * share)) * freedom;
    }
};

struct StandardDeviation : Moments {
    using Moments::Moments;
    template <class V>
    LODE_INLINE V deviation(V sum, V squares) const {
        const V v = variance<V>(sum, squares);
        const V root = square_root(v);
        return v <= 0.0 ? V{} : root;  // NaN passes
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        return deviation<V>(head[0] + tail[0], head[1] + tail[1]);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return deviation<V>(tail[0], tail[1]);
    }
};

struct ZScore : Moments {
    using Moments::Moments;
    template <class V>
    LODE_INLINE V score(V sum, V squares, V distance) const {
        const V v = variance<V>(sum, squares);
        const V z = (distance - sum * share) * inverse_root(v);
        return v > 0.0 ? z : V{} + static_cast<double>(kNaN);
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V* x, const V* reference, V) const {
        return score<V>(head[0] + tail[0], head[1] + tail[1], x[0] - reference[0]);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return score<V>(tail[0], tail[1], V{});
    }
};

}  // namespace

void ts_std_dev(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(StandardDeviation(window), {{x}}, out, shape, window, first_row);
}

void ts_zscore(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(ZScore(window), {{x}}, out, shape, window, first_row);
}

}  // namespace lode

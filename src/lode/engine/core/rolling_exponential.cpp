// Exponentially weighted means over a window: weight factor ^ (sessions ago), nothing beyond the window.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// The first word is the weight of what came before the head, or of the session that joins the tail next.
struct ExponentialDecay {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 1;
    double factor, share;  // share: one over the sum of weights
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{} + 1.0;
        s[1] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] *= factor;
        s[1] = multiply_add(s[1], V{} + factor, x[0]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[1] = multiply_add(s[0], x[0], s[1]);
        s[0] *= factor;
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        return multiply_add(head[0], tail[0], head[1]) * share;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return tail[0] * share;
    }
};

// The same over the sessions that are known, with the weights that they have.
struct ExponentialMean {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 3, KEPT = 2;
    static constexpr bool PARTIAL = true;
    double factor;
    static Number missing() { return 0.0; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{} + 1.0;
        s[1] = s[2] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] *= factor;
        s[1] = multiply_add(s[1], V{} + factor, x[0] == x[0] ? x[0] : V{});
        s[2] = multiply_add(s[2], V{} + factor, x[0] == x[0] ? V{} + 1.0 : V{});
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[1] = multiply_add(s[0], x[0] == x[0] ? x[0] : V{}, s[1]);
        s[2] += x[0] == x[0] ? s[0] : V{};
        s[0] *= factor;
    }
    template <class V>
    LODE_INLINE V mean(V sum, V weights, V today) const {
        return today == today ? sum / weights : V{} + static_cast<double>(kNaN);
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V* x, const V*, V) const {
        return mean<V>(multiply_add(head[0], tail[0], head[1]), multiply_add(head[0], tail[1], head[2]), x[0]);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V* x) const {
        return mean<V>(tail[0], tail[1], x[0]);
    }
};

}  // namespace

void ts_decay_exp_window(const float* x, float* out, Shape shape, Index window, double factor, Index first_row) {
    double weights = 0.0, weight = 1.0;
    for (Index i = 0; i < window; ++i, weight *= factor) weights += weight;
    slide<4>(ExponentialDecay{factor, 1.0 / weights}, {{x}}, out, shape, window, first_row);
}

void ts_ewm_mean(const float* x, float* out, Shape shape, double span, Index window, Index first_row) {
    slide<4>(ExponentialMean{1.0 - 2.0 / (span + 1.0)}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

// Linearly weighted mean: weight `window` for today down to 1 for the oldest session.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Forward words: the sum, the sum weighted by the offset in the block. Backward: the sum, the sum of those sums, which
// weights the tail's oldest session 1, the next 2, and so on. Only the latter is kept, and nothing is subtracted.
struct LinearDecay {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 1;
    double window, share;  // share: one over the sum of weights
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V offset) const {
        s[0] += x[0];
        s[1] = multiply_add(x[0], offset, s[1]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[0] += x[0];
        s[1] += s[0];
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V offset) const {
        const V youngest = window - offset;
        return (multiply_add(youngest, head[0], head[1]) + tail[0]) * share;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return tail[0] * share;
    }
};

}  // namespace

void ts_decay_linear(const float* x, float* out, Shape shape, Index window, Index first_row) {
    const double length = static_cast<double>(window);
    slide<4>(LinearDecay{length, 2.0 / (length * (length + 1.0))}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

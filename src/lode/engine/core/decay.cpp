// Linearly weighted mean: weight `window` for today down to 1 for the oldest session.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Forward words: the sum, the sum weighted by the offset in the block. Backward: the sum, the sum of those sums, which
// weights the tail's oldest session 1, the next 2, and so on. Only the latter is kept, and nothing is subtracted.
struct LinearDecay {
    using State = double;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 1;
    double window, weights;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = s[1] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index offset) const {
        s[0] += x[0];
        s[1] += static_cast<double>(x[0]) * static_cast<double>(offset);
    }
    LODE_INLINE void backward(State* s, const float* x, const float*, Index) const {
        s[0] += x[0];
        s[1] += s[0];
    }
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index offset) const {
        const double youngest = window - static_cast<double>(offset);
        return finite((youngest * head[0] + head[1] + tail[0]) / weights);
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const { return finite(tail[0] / weights); }
};

}  // namespace

void ts_decay_linear(const float* x, float* out, Shape shape, Index window, Index first_row) {
    const double length = static_cast<double>(window);
    slide(LinearDecay{length, length * (length + 1.0) / 2.0}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

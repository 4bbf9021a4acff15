// Sums and products over a window.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

struct Sum {
    using State = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    double divisor;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index) const { s[0] += x[0]; }
    LODE_INLINE void backward(State* s, const float* x, const float*, Index) const { s[0] += x[0]; }
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index) const {
        return finite((head[0] + tail[0]) / divisor);
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const { return finite(tail[0] / divisor); }
};

struct Product {
    using State = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = 1.0; }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index) const { s[0] *= x[0]; }
    LODE_INLINE void backward(State* s, const float* x, const float*, Index) const { s[0] *= x[0]; }
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index) const {
        return finite(head[0] * tail[0]);
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const { return finite(tail[0]); }
};

// x minus its mean, from distances to the reference: exactly zero where the window is flat.
struct AverageDifference {
    using State = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    double window;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float* reference, Index) const {
        s[0] += static_cast<double>(x[0]) - static_cast<double>(reference[0]);
    }
    LODE_INLINE void backward(State* s, const float* x, const float* reference, Index) const {
        forward(s, x, reference, 0);
    }
    LODE_INLINE float join(const State* head, const State* tail, const float* x, const float* reference, Index) const {
        return finite(static_cast<double>(x[0]) - static_cast<double>(reference[0]) - (head[0] + tail[0]) / window);
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const { return finite(-tail[0] / window); }
};

}  // namespace

void ts_mean(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Sum{static_cast<double>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_sum(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Sum{1.0}, {{x}}, out, shape, window, first_row);
}

void ts_product(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Product{}, {{x}}, out, shape, window, first_row);
}

void ts_av_diff(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(AverageDifference{static_cast<double>(window)}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

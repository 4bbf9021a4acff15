// Sums and products over a window.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

struct Sum {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    double share;  // of each value: 1 for a sum, 1 * share for a mean
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] += x[0];
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[0] += x[0];
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        return (head[0] + tail[0]) * share;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return tail[0] * share;
    }
};

struct Product {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{} + 1.0;
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] *= x[0];
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[0] *= x[0];
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        return head[0] * tail[0];
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return tail[0];
    }
};

// x minus its mean, from distances to the reference: exactly zero where the window is flat.
struct AverageDifference {
    using Number = double;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    double share;  // 1 / window
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V) const {
        s[0] += x[0] - reference[0];
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V) const {
        s[0] += x[0] - reference[0];
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V* x, const V* reference, V) const {
        return x[0] - reference[0] - (head[0] + tail[0]) * share;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return -tail[0] * share;
    }
};

}  // namespace

void ts_mean(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<8>(Sum{1.0 / static_cast<double>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_sum(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<8>(Sum{1.0}, {{x}}, out, shape, window, first_row);
}

void ts_product(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<8>(Product{}, {{x}}, out, shape, window, first_row);
}

void ts_av_diff(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<8>(AverageDifference{1.0 / static_cast<double>(window)}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

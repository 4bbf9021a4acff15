// Extremes over a window, when they were, and where today stands between them.
//
// Missing values travel as the infinity that the extreme cannot leave any more; no operator lets a true infinity in.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

template <class V>
LODE_INLINE V larger(V a, V b) {
    return a > b ? a : b;
}

// SIGN 1: x itself; -1: -x, whose maximum is the minimum. Missing: the infinity that sticks.
template <int SIGN, class V>
LODE_INLINE V sticky(V x) {
    const V value = SIGN > 0 ? x : -x;
    return absolute(value) <= kLargest ? value : V{} + kInfinity;
}

template <int SIGN>
struct Extreme {
    using Number = float;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    static Number missing() { return kInfinity; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{} - kInfinity;
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] = larger(s[0], sticky<SIGN>(x[0]));
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V) const {
        s[0] = larger(s[0], sticky<SIGN>(x[0]));
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V) const {
        const V extreme = larger(head[0], tail[0]);
        return SIGN > 0 ? extreme : -extreme;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return SIGN > 0 ? tail[0] : -tail[0];
    }
};

// Sessions since the extreme: 0 is today, ties go to the most recent. Words: the extreme, its offset in its block.
template <int SIGN>
struct ExtremeAge {
    using Number = float;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    float window;
    static Number missing() { return kInfinity; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = V{} - kInfinity;
        s[1] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V offset) const {
        const V value = sticky<SIGN>(x[0]);
        s[1] = value >= s[0] ? offset : s[1];
        s[0] = value >= s[0] ? value : s[0];
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V*, V offset) const {
        const V value = sticky<SIGN>(x[0]);
        s[1] = value > s[0] ? offset : s[1];
        s[0] = value > s[0] ? value : s[0];
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V*, const V*, V offset) const {
        const V age = head[0] >= tail[0] ? offset - head[1] : offset + window - tail[1];
        return larger(head[0], tail[0]) <= kLargest ? age : V{} + kNaN;
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V*) const {
        return tail[0] <= kLargest ? window - 1.0f - tail[1] : V{} + kNaN;
    }
};

// (x - min) / (max - min). Words: the maximum, the maximum of -x. Halves keep the width of a window finite.
struct Range {
    using Number = float;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    static Number missing() { return kInfinity; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = V{} - kInfinity;
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] = larger(s[0], sticky<1>(x[0]));
        s[1] = larger(s[1], sticky<-1>(x[0]));
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    template <class V>
    LODE_INLINE static V share(V high, V low, V x) {
        const V result = (x - low) / (high - low);  // flat: 0 / 0
        return (high - low) <= kLargest ? result : (x * 0.5f - low * 0.5f) / (high * 0.5f - low * 0.5f);
    }
    template <class V>
    LODE_INLINE V join(const V* head, const V* tail, const V* x, const V*, V) const {
        return share<V>(larger(head[0], tail[0]), -larger(head[1], tail[1]), x[0]);
    }
    template <class V>
    LODE_INLINE V whole(const V* tail, const V* x) const {
        return share<V>(tail[0], -tail[1], x[0]);
    }
};

}  // namespace

void ts_max(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Extreme<1>{}, {{x}}, out, shape, window, first_row);
}

void ts_min(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Extreme<-1>{}, {{x}}, out, shape, window, first_row);
}

void ts_arg_max(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(ExtremeAge<1>{static_cast<float>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_arg_min(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(ExtremeAge<-1>{static_cast<float>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_scale(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Range{}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

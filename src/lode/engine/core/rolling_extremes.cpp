// Extremes over a window, when they were, and where today stands between them.
//
// Missing values travel as the infinity that the extreme cannot leave any more; no operator lets a true infinity in.
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// SIGN 1: the maximum; -1: the minimum, as the maximum of -x.
template <int SIGN>
struct Extreme {
    using State = float;
    static constexpr int INPUTS = 1, WORDS = 1, KEPT = 1;
    static State missing() { return kInfinity; }
    void start(State* s) const { s[0] = -kInfinity; }
    LODE_INLINE static float known(float x) { return magnitude(x) <= kLargest ? (SIGN > 0 ? x : -x) : kInfinity; }
    LODE_INLINE static float larger(float a, float b) { return a > b ? a : b; }
    LODE_INLINE static float result(float extreme) { return finite(SIGN > 0 ? extreme : -extreme); }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index) const { s[0] = larger(s[0], known(x[0])); }
    LODE_INLINE void backward(State* s, const float* x, const float*, Index) const { s[0] = larger(s[0], known(x[0])); }
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index) const {
        return result(larger(head[0], tail[0]));
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const { return result(tail[0]); }
};

// Sessions since the extreme: 0 is today, ties go to the most recent. Words: the extreme, its offset in its block.
template <int SIGN>
struct ExtremeAge {
    using State = float;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    float window;
    static State missing() { return kInfinity; }
    void start(State* s) const { s[0] = -kInfinity, s[1] = 0.0f; }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index offset) const {
        const float value = Extreme<SIGN>::known(x[0]);
        s[1] = value >= s[0] ? static_cast<float>(offset) : s[1];
        s[0] = value >= s[0] ? value : s[0];
    }
    LODE_INLINE void backward(State* s, const float* x, const float*, Index offset) const {
        const float value = Extreme<SIGN>::known(x[0]);
        s[1] = value > s[0] ? static_cast<float>(offset) : s[1];
        s[0] = value > s[0] ? value : s[0];
    }
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index offset) const {
        const float today = static_cast<float>(offset);
        const float age = head[0] >= tail[0] ? today - head[1] : today + window - tail[1];
        const float extreme = head[0] >= tail[0] ? head[0] : tail[0];
        return extreme <= kLargest ? age : kNaN;
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const {
        return tail[0] <= kLargest ? window - 1.0f - tail[1] : kNaN;
    }
};

// (x - min) / (max - min). Words: the maximum, the maximum of -x.
struct Range {
    using State = float;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    static State missing() { return kInfinity; }
    void start(State* s) const { s[0] = s[1] = -kInfinity; }
    LODE_INLINE void forward(State* s, const float* x, const float*, Index) const {
        s[0] = Extreme<1>::larger(s[0], Extreme<1>::known(x[0]));
        s[1] = Extreme<1>::larger(s[1], Extreme<-1>::known(x[0]));
    }
    LODE_INLINE void backward(State* s, const float* x, const float* reference, Index) const {
        forward(s, x, reference, 0);
    }
    LODE_INLINE static float result(float high, float low, float x) {
        const double width = static_cast<double>(high) - static_cast<double>(low);
        const float share = static_cast<float>((static_cast<double>(x) - static_cast<double>(low)) / width);
        return width > 0.0 && high <= kLargest ? share : kNaN;
    }
    LODE_INLINE float join(const State* head, const State* tail, const float* x, const float*, Index) const {
        return result(Extreme<1>::larger(head[0], tail[0]), -Extreme<1>::larger(head[1], tail[1]), x[0]);
    }
    LODE_INLINE float whole(const State* tail, const float* x, const float*) const {
        return result(tail[0], -tail[1], x[0]);
    }
};

}  // namespace

void ts_max(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Extreme<1>{}, {{x}}, out, shape, window, first_row);
}

void ts_min(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Extreme<-1>{}, {{x}}, out, shape, window, first_row);
}

void ts_arg_max(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(ExtremeAge<1>{static_cast<float>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_arg_min(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(ExtremeAge<-1>{static_cast<float>(window)}, {{x}}, out, shape, window, first_row);
}

void ts_scale(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(Range{}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

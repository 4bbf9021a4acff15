// Covariance and correlation of two panels over a window; sample moments (ddof = 1).
#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

struct Covariance {
    using Number = double;
    static constexpr int INPUTS = 2, WORDS = 3, KEPT = 3;
    double share, freedom;  // 1 / window, 1 / (window - 1)
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = s[2] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V) const {
        const V dx = x[0] - reference[0], dy = x[1] - reference[1];
        s[0] += dx;
        s[1] += dy;
        s[2] = multiply_add(dx, dy, s[2]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    template <class V>
    LODE_INLINE V result(V x, V y, V xy) const {
        return (xy - x * (y * share)) * freedom;
    }
    template <class V>
    LODE_INLINE V join(const V* h, const V* t, const V*, const V*, V) const {
        return result<V>(h[0] + t[0], h[1] + t[1], h[2] + t[2]);
    }
    template <class V>
    LODE_INLINE V whole(const V* t, const V*) const {
        return result<V>(t[0], t[1], t[2]);
    }
};

struct Correlation {
    using Number = double;
    static constexpr int INPUTS = 2, WORDS = 5, KEPT = 5;
    double share;  // one over the window
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = s[2] = s[3] = s[4] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V* reference, V) const {
        const V dx = x[0] - reference[0], dy = x[1] - reference[1];
        s[0] += dx;
        s[1] += dy;
        s[2] = multiply_add(dx, dx, s[2]);
        s[3] = multiply_add(dy, dy, s[3]);
        s[4] = multiply_add(dx, dy, s[4]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    template <class V>
    LODE_INLINE V result(V x, V y, V xx, V yy, V xy) const {
        const V mx = x * -share, my = y * -share;
        const V vx = multiply_add(x, mx, xx), vy = multiply_add(y, my, yy);
        const V flat = vx < vy ? vx : vy;
        const V r = multiply_add(x, my, xy) * inverse_root(vx * vy);
        const V below = r > 1.0 ? V{} + 1.0 : r;
        const V clipped = below < -1.0 ? V{} - 1.0 : below;
        return flat > 0.0 ? clipped : V{} + static_cast<double>(kNaN);
    }
    template <class V>
    LODE_INLINE V join(const V* h, const V* t, const V*, const V*, V) const {
        return result<V>(h[0] + t[0], h[1] + t[1], h[2] + t[2], h[3] + t[3], h[4] + t[4]);
    }
    template <class V>
    LODE_INLINE V whole(const V* t, const V*) const {
        return result<V>(t[0], t[1], t[2], t[3], t[4]);
    }
};

// The part of x's window that lies along y's, today, or what is left of x without it; no means are taken off.
template <bool LEFT>
struct Projection {
    using Number = double;
    static constexpr int INPUTS = 2, WORDS = 2, KEPT = 2;
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* x, const V*, V) const {
        s[0] = multiply_add(x[0], x[1], s[0]);
        s[1] = multiply_add(x[1], x[1], s[1]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* x, const V* reference, V offset) const {
        forward(s, x, reference, offset);
    }
    template <class V>
    LODE_INLINE V result(V xy, V yy, const V* x) const {
        const V along = x[1] * (xy / yy);
        return LEFT ? x[0] - along : along;
    }
    template <class V>
    LODE_INLINE V join(const V* h, const V* t, const V* x, const V*, V) const {
        return result<V>(h[0] + t[0], h[1] + t[1], x);
    }
    template <class V>
    LODE_INLINE V whole(const V* t, const V* x) const {
        return result<V>(t[0], t[1], x);
    }
};

}  // namespace

void ts_vector_proj(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Projection<false>{}, {{x, y}}, out, shape, window, first_row);
}

void ts_vector_neut(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    slide<4>(Projection<true>{}, {{x, y}}, out, shape, window, first_row);
}

void ts_covariance(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    const double share = 1.0 / static_cast<double>(window), freedom = 1.0 / static_cast<double>(window - 1);
    slide<2>(Covariance{share, freedom}, {{x, y}}, out, shape, window, first_row);
}

void ts_corr(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    slide<2>(Correlation{1.0 / static_cast<double>(window)}, {{x, y}}, out, shape, window, first_row);
}

}  // namespace lode

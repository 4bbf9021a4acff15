// Covariance and correlation of two panels over a window; sample moments (ddof = 1).
#include <cmath>

#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

LODE_INLINE double distance(const float* x, const float* reference, int input) {
    return static_cast<double>(x[input]) - static_cast<double>(reference[input]);
}

struct Covariance {
    using State = double;
    static constexpr int INPUTS = 2, WORDS = 3, KEPT = 3;
    double window;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = s[1] = s[2] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float* reference, Index) const {
        const double dx = distance(x, reference, 0), dy = distance(x, reference, 1);
        s[0] += dx;
        s[1] += dy;
        s[2] += dx * dy;
    }
    LODE_INLINE void backward(State* s, const float* x, const float* reference, Index) const {
        forward(s, x, reference, 0);
    }
    LODE_INLINE float result(double x, double y, double xy) const {
        return finite((xy - x * (y / window)) / (window - 1.0));
    }
    LODE_INLINE float join(const State* h, const State* t, const float*, const float*, Index) const {
        return result(h[0] + t[0], h[1] + t[1], h[2] + t[2]);
    }
    LODE_INLINE float whole(const State* t, const float*, const float*) const { return result(t[0], t[1], t[2]); }
};

struct Correlation {
    using State = double;
    static constexpr int INPUTS = 2, WORDS = 5, KEPT = 5;
    double window;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = s[1] = s[2] = s[3] = s[4] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float* reference, Index) const {
        const double dx = distance(x, reference, 0), dy = distance(x, reference, 1);
        s[0] += dx;
        s[1] += dy;
        s[2] += dx * dx;
        s[3] += dy * dy;
        s[4] += dx * dy;
    }
    LODE_INLINE void backward(State* s, const float* x, const float* reference, Index) const {
        forward(s, x, reference, 0);
    }
    LODE_INLINE float result(double x, double y, double xx, double yy, double xy) const {
        const double share = 1.0 / window;
        const double vx = xx - x * (x * share), vy = yy - y * (y * share);
        const double r = (xy - x * (y * share)) / std::sqrt(vx * vy);
        const double clipped = r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
        return vx > 0.0 && vy > 0.0 ? finite(clipped) : kNaN;
    }
    LODE_INLINE float join(const State* h, const State* t, const float*, const float*, Index) const {
        return result(h[0] + t[0], h[1] + t[1], h[2] + t[2], h[3] + t[3], h[4] + t[4]);
    }
    LODE_INLINE float whole(const State* t, const float*, const float*) const {
        return result(t[0], t[1], t[2], t[3], t[4]);
    }
};

}  // namespace

void ts_covariance(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    slide<Covariance, 16>(Covariance{static_cast<double>(window)}, {{x, y}}, out, shape, window, first_row);
}

void ts_corr(const float* x, const float* y, float* out, Shape shape, Index window, Index first_row) {
    slide<Correlation, 16>(Correlation{static_cast<double>(window)}, {{x, y}}, out, shape, window, first_row);
}

}  // namespace lode

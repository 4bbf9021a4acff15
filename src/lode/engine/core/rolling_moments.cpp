// Standard deviation and z-score over a window; sample variance (ddof = 1).
#include <cmath>

#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

struct Moments {
    using State = double;
    static constexpr int INPUTS = 1, WORDS = 2, KEPT = 2;
    double window;
    static State missing() { return kNaN; }
    void start(State* s) const { s[0] = s[1] = 0.0; }
    LODE_INLINE void forward(State* s, const float* x, const float* reference, Index) const {
        const double distance = static_cast<double>(x[0]) - static_cast<double>(reference[0]);
        s[0] += distance;
        s[1] += distance * distance;
    }
    LODE_INLINE void backward(State* s, const float* x, const float* reference, Index) const {
        forward(s, x, reference, 0);
    }
    LODE_INLINE double variance(double sum, double squares) const {
        const double v = (squares - sum * (sum / window)) / (window - 1.0);
        return v < 0.0 ? 0.0 : v;  // NaN passes
    }
};

struct StandardDeviation : Moments {
    LODE_INLINE float join(const State* head, const State* tail, const float*, const float*, Index) const {
        return finite(std::sqrt(variance(head[0] + tail[0], head[1] + tail[1])));
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const {
        return finite(std::sqrt(variance(tail[0], tail[1])));
    }
};

struct ZScore : Moments {
    LODE_INLINE float score(double sum, double squares, double distance) const {
        return finite((distance - sum / window) / std::sqrt(variance(sum, squares)));  // flat: 0 / 0
    }
    LODE_INLINE float join(const State* head, const State* tail, const float* x, const float* reference, Index) const {
        return score(head[0] + tail[0], head[1] + tail[1],
                     static_cast<double>(x[0]) - static_cast<double>(reference[0]));
    }
    LODE_INLINE float whole(const State* tail, const float*, const float*) const {
        return score(tail[0], tail[1], 0.0);
    }
};

}  // namespace

void ts_std_dev(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(StandardDeviation{{static_cast<double>(window)}}, {{x}}, out, shape, window, first_row);
}

void ts_zscore(const float* x, float* out, Shape shape, Index window, Index first_row) {
    slide(ZScore{{static_cast<double>(window)}}, {{x}}, out, shape, window, first_row);
}

}  // namespace lode

// y on a constant and x by ordinary least squares over a window, and what belongs to the fit.
#include <algorithm>

#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

template <Regression WANTED>
struct LeastSquares {
    using Number = double;
    static constexpr int INPUTS = 2, WORDS = 5, KEPT = 5;  // sums of y, x, y y, x x, x y, all from the references
    double window, share;                                  // share: one over the window
    static Number missing() { return kNaN; }
    template <class V>
    LODE_INLINE void start(V* s) const {
        s[0] = s[1] = s[2] = s[3] = s[4] = V{};
    }
    template <class V>
    LODE_INLINE void forward(V* s, const V* in, const V* reference, V) const {
        const V dy = in[0] - reference[0], dx = in[1] - reference[1];
        s[0] += dy;
        s[1] += dx;
        s[2] = multiply_add(dy, dy, s[2]);
        s[3] = multiply_add(dx, dx, s[3]);
        s[4] = multiply_add(dx, dy, s[4]);
    }
    template <class V>
    LODE_INLINE void backward(V* s, const V* in, const V* reference, V offset) const {
        forward(s, in, reference, offset);
    }
    template <class V>
    LODE_INLINE V result(const V* s, const V* in, const V* reference) const {
        const V y_mean = s[0] * share, x_mean = s[1] * share;
        const V yy = floor_zero<V>(s[2] - s[0] * y_mean), xx = floor_zero<V>(s[3] - s[1] * x_mean);
        const V xy = s[4] - s[0] * x_mean, beta = xy / xx;
        const V dy = in[0] - reference[0] - y_mean, dx = in[1] - reference[1] - x_mean;
        const V error = dy - beta * dx, squared = floor_zero<V>(yy - beta * xy);
        const V level = reference[1] + x_mean;  // the mean of x itself
        const V unexplained = squared / V(all<V>(window - 2.0));
        V found;
        if constexpr (WANTED == Regression::error) found = error;
        if constexpr (WANTED == Regression::intercept) found = reference[0] + y_mean - beta * level;
        if constexpr (WANTED == Regression::slope) found = beta;
        if constexpr (WANTED == Regression::estimate) found = in[0] - error;
        if constexpr (WANTED == Regression::sse) found = squared;
        if constexpr (WANTED == Regression::sst) found = yy;
        if constexpr (WANTED == Regression::r_squared) found = at_most_one<V>(xy / yy * beta);
        if constexpr (WANTED == Regression::mse) found = unexplained;
        if constexpr (WANTED == Regression::slope_error) found = square_root(unexplained / xx);
        if constexpr (WANTED == Regression::intercept_error)
            found = square_root(unexplained * (share + level * level / xx));
        return xx > 0.0 ? found : V{} + static_cast<double>(kNaN);
    }
    template <class V>
    LODE_INLINE V join(const V* h, const V* t, const V* in, const V* reference, V) const {
        const V s[WORDS] = {h[0] + t[0], h[1] + t[1], h[2] + t[2], h[3] + t[3], h[4] + t[4]};
        return result<V>(s, in, reference);
    }
    template <class V>
    LODE_INLINE V whole(const V* t, const V* in) const {
        return result<V>(t, in, in);
    }

   private:
    template <class V>
    LODE_INLINE static V floor_zero(V v) {
        return v <= 0.0 ? V{} : v;  // NaN passes
    }
    template <class V>
    LODE_INLINE static V at_most_one(V v) {
        return v > 1.0 ? V{} + 1.0 : v;
    }
};

template <Regression WANTED>
void fit(const float* y, const float* x, float* out, Shape shape, Index window, Index first_row) {
    const double length = static_cast<double>(window);
    slide<2>(LeastSquares<WANTED>{length, 1.0 / length}, {{y, x}}, out, shape, window, first_row);
}

}  // namespace

void ts_regression(const float* y, const float* x, float* out, Shape shape, Index window, Index lag,
                   Regression wanted, Index first_row) {
    const Index unknown = std::min(lag, shape.sessions);
    std::fill(out, out + unknown * shape.names, kNaN);
    y += unknown * shape.names;
    out += unknown * shape.names;
    first_row += unknown;
    shape.sessions -= unknown;
    switch (wanted) {
        case Regression::error: return fit<Regression::error>(y, x, out, shape, window, first_row);
        case Regression::intercept: return fit<Regression::intercept>(y, x, out, shape, window, first_row);
        case Regression::slope: return fit<Regression::slope>(y, x, out, shape, window, first_row);
        case Regression::estimate: return fit<Regression::estimate>(y, x, out, shape, window, first_row);
        case Regression::sse: return fit<Regression::sse>(y, x, out, shape, window, first_row);
        case Regression::sst: return fit<Regression::sst>(y, x, out, shape, window, first_row);
        case Regression::r_squared: return fit<Regression::r_squared>(y, x, out, shape, window, first_row);
        case Regression::mse: return fit<Regression::mse>(y, x, out, shape, window, first_row);
        case Regression::slope_error: return fit<Regression::slope_error>(y, x, out, shape, window, first_row);
        case Regression::intercept_error: return fit<Regression::intercept_error>(y, x, out, shape, window, first_row);
    }
}

}  // namespace lode

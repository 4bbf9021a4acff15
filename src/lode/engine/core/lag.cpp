// Values of earlier sessions.
#include <algorithm>
#include <vector>

#include "kernels.h"

namespace lode {

// Results before the `lag`-th session are missing; `unknown` is how many cells of the results these are.
static Index unknown_cells(Shape shape, Index lag) {
    return std::clamp<Index>(lag - shape.skipped, 0, shape.sessions - shape.skipped) * shape.names;
}

void ts_delay(const float* x, float* out, Shape shape, Index lag) {
    const Index unknown = unknown_cells(shape, lag), known = shape.results() - unknown;
    std::fill(out, out + unknown, kNaN);
    if (known > 0) std::copy_n(x + (shape.cells() - lag * shape.names - known), known, out + unknown);
}

void ts_delta(const float* x, float* out, Shape shape, Index lag) {
    const Index unknown = unknown_cells(shape, lag), known = shape.results() - unknown;
    std::fill(out, out + unknown, kNaN);
    if (known == 0) return;
    const float* LODE_RESTRICT now = x + (shape.cells() - known);
    const float* LODE_RESTRICT before = now - lag * shape.names;
    float* LODE_RESTRICT result = out + unknown;
    for (Index i = 0; i < known; ++i) result[i] = finite(now[i] - before[i]);
}

void ts_backfill(const float* x, float* out, Shape shape, Index window) {
    std::vector<float> last(static_cast<std::size_t>(shape.names), kNaN);
    std::vector<std::int32_t> age(static_cast<std::size_t>(shape.names), 0);
    float* LODE_RESTRICT value = last.data();
    std::int32_t* LODE_RESTRICT sessions_ago = age.data();
    const std::int32_t limit = static_cast<std::int32_t>(std::min<Index>(window, shape.sessions));
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* LODE_RESTRICT here = x + t * shape.names;
        float* LODE_RESTRICT result = out + t * shape.names;
        for (Index i = 0; i < shape.names; ++i) {
            const bool known = magnitude(here[i]) <= kLargest;
            value[i] = known ? here[i] : value[i];
            sessions_ago[i] = known ? 0 : sessions_ago[i] + 1;
            result[i] = sessions_ago[i] < limit ? value[i] : kNaN;
        }
    }
}

void ts_count_nans(const float* x, float* out, Shape shape, Index window) {
    std::vector<std::int32_t> missing(static_cast<std::size_t>(shape.names), 0);
    std::int32_t* LODE_RESTRICT count = missing.data();
    const auto is_missing = [](float v) { return magnitude(v) <= kLargest ? 0 : 1; };
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* LODE_RESTRICT comes = x + t * shape.names;
        const float* LODE_RESTRICT leaves = comes - std::min(window, t) * shape.names;
        const std::int32_t left = t >= window ? 1 : 0;
        float* LODE_RESTRICT result = out + t * shape.names;
        for (Index i = 0; i < shape.names; ++i) {
            count[i] += is_missing(comes[i]) - left * is_missing(leaves[i]);
            result[i] = static_cast<float>(count[i]);
        }
        if (t + 1 < window) std::fill(result, result + shape.names, kNaN);
    }
}

}  // namespace lode

// Where today's value ranks within its window: smaller and equal values counted, sixteen names at a time.
#include <algorithm>

#include "kernels.h"
#include "tiles.h"

namespace lode {
namespace {

// Twice (average rank - 1) of `now` among the `others` sessions before it and itself.
template <int W>
LODE_INLINE void count(const float* LODE_RESTRICT now, const float* before, Index others, Index stride,
                       std::int32_t* LODE_RESTRICT counts) {
    std::int32_t total[W] = {};
    for (Index j = 0; j < others; ++j) {
        const float* LODE_RESTRICT then = before - j * stride;
        for (int i = 0; i < W; ++i) total[i] += (then[i] < now[i]) + (then[i] <= now[i]);
    }
    for (int i = 0; i < W; ++i) counts[i] = total[i];
}

template <int W>
void rank_tile(const float* x, float* out, Shape shape, Index window, Index name) {
    std::int32_t complete[W] = {}, counts[W];  // complete: sessions since the last missing value
    const float steps = 2.0f * static_cast<float>(window - 1);
    const std::int32_t needed = static_cast<std::int32_t>(window);
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* LODE_RESTRICT now = x + t * shape.names + name;
        float* LODE_RESTRICT result = out + t * shape.names + name;
        for (int i = 0; i < W; ++i) complete[i] = magnitude(now[i]) <= kLargest ? complete[i] + 1 : 0;
        count<W>(now, now - shape.names, std::min(t, window - 1), shape.names, counts);
        for (int i = 0; i < W; ++i) {
            const float share = window > 1 ? static_cast<float>(counts[i]) / steps : 0.5f;
            result[i] = complete[i] >= needed ? share : kNaN;
        }
    }
}

}  // namespace

void ts_rank(const float* x, float* out, Shape shape, Index window, Index) {
    if (window > shape.sessions) return std::fill(out, out + shape.cells(), kNaN);
    for_each_tile<16>(shape.names, [&](auto width, Index name) {
        rank_tile<decltype(width)::value>(x, out, shape, window, name);
    });
}

}  // namespace lode

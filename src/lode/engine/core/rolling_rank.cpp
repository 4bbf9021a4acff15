// Where today's value ranks within its window: smaller and equal values counted, a vector of names at a time.
#include <algorithm>

#include "kernels.h"
#include "lanes.h"

namespace lode {
namespace {

// For each of the sessions from t on: among the `others` sessions before it, how many values are smaller, plus how
// many are smaller or equal, which is twice (average rank - 1). Counted in floats, exact up to 16 million.
template <class V, int SESSIONS>
LODE_INLINE void count(const float* x, Index stride, Index t, Index others, V (&counts)[SESSIONS]) {
    V now[SESSIONS];
    LODE_UNROLL for (int s = 0; s < SESSIONS; ++s) {
        now[s] = cells_at<V>(x + (t + s) * stride);
        counts[s] = V{};
    }
    for (Index j = 1; j <= others; ++j) {
        LODE_UNROLL for (int s = 0; s < SESSIONS; ++s) {
            const V then = cells_at<V>(x + (t + s - j) * stride);
            counts[s] = then < now[s] ? counts[s] + 1.0f : counts[s];
            counts[s] = then <= now[s] ? counts[s] + 1.0f : counts[s];
        }
    }
}

template <class V>
void rank_names(const float* x, float* out, Shape shape, Index window) {
    constexpr int TOGETHER = 4;
    const V steps = all<V>(2.0f * static_cast<float>(window - 1)), needed = all<V>(static_cast<float>(window));
    V complete = V{};  // sessions since the last missing value
    const auto emit = [&](Index t, V counts) {
        const V now = cells_at<V>(x + t * shape.names);
        complete = absolute(now) <= kLargest ? complete + 1.0f : V{};
        const V share = window > 1 ? counts / steps : all<V>(0.5f);
        write_finite(out + t * shape.names, complete >= needed ? share : all<V>(kNaN));
    };
    Index t = 0;
    for (; t < shape.sessions; ++t) {
        if (t + 1 >= window && t + TOGETHER <= shape.sessions) break;
        V counts[1];
        count<V, 1>(x, shape.names, t, std::min(t, window - 1), counts);
        emit(t, counts[0]);
    }
    for (; t + TOGETHER <= shape.sessions; t += TOGETHER) {
        V counts[TOGETHER];
        count<V, TOGETHER>(x, shape.names, t, window - 1, counts);
        LODE_UNROLL for (int s = 0; s < TOGETHER; ++s) emit(t + s, counts[s]);
    }
    for (; t < shape.sessions; ++t) {
        V counts[1];
        count<V, 1>(x, shape.names, t, std::min(t, window - 1), counts);
        emit(t, counts[0]);
    }
}

template <class V>
void rank_tiles(const float* x, float* out, Shape shape, Index window) {
    constexpr Index NAMES = LanesOf<V>::COUNT;
    for (Index name = 0; name < shape.names; name += NAMES) {
        const Index first = std::min(name, shape.names - NAMES);
        rank_names<V>(x + first, out + first, shape, window);
    }
}

}  // namespace

void ts_rank(const float* x, float* out, Shape shape, Index window, Index) {
    using Vector = Lanes<float>::Vector;
    if (window > shape.sessions) return std::fill(out, out + shape.cells(), kNaN);
    if (shape.names >= LanesOf<Vector>::COUNT)
        rank_tiles<Vector>(x, out, shape, window);
    else
        rank_tiles<float>(x, out, shape, window);
}

}  // namespace lode

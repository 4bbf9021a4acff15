// Percentiles over a window: one sorted window per name, a vector of names side by side. Today's value takes the place
// of the one that leaves in a single pass, and any number of percentiles is read off the same window.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Where a percentile lies in a sorted window: between `below` and the next one, `share` of the way.
struct Place {
    Index below;
    double share;
};

Place place_of(double fraction, Index window) {
    const double at = fraction * static_cast<double>(window - 1);
    const Index below = std::min(static_cast<Index>(at), std::max<Index>(window - 2, 0));
    return {below, at - static_cast<double>(below)};
}

// Missing values wait at the upper end as infinities; -0 becomes 0, so that equal values have equal bits.
template <class V>
LODE_INLINE V sortable(const float* from) {
    const V x = cells_at<V>(from) + 0.0f;
    return absolute(x) <= kLargest ? x : all<V>(kInfinity);
}

// sorted: the window in order, and a row of infinity behind it. `leaves` is in it. Each row takes what stands there
// once that is gone, or `comes` where it falls between its new neighbours.
template <class V>
LODE_INLINE void exchange(float* sorted, Index window, V leaves, V comes) {
    constexpr Index NAMES = LanesOf<V>::COUNT;
    V below = all<V>(-kInfinity), here = read<V>(sorted);
    for (Index i = 0; i < window; ++i) {
        const V above = read<V>(sorted + (i + 1) * NAMES);
        const V left = here < leaves ? here : above;
        const V raised = below > comes ? below : comes;
        write(sorted + i * NAMES, left < raised ? left : raised);
        below = left;
        here = above;
    }
}

// low + (high - low) * share, in double.
template <class V>
LODE_INLINE void write_between(const float* low, const float* high, double share, float* to) {
    if constexpr (LanesOf<V>::COUNT == 1) {
        const double from = static_cast<double>(*low);
        *to = finite(from + (static_cast<double>(*high) - from) * share);
    } else {
#if LODE_VECTORS
        LODE_UNROLL for (int i = 0; i < LanesOf<V>::COUNT; i += Lanes<double>::COUNT) {
            const Doubles from = widen(low + i);
            write_finite(to + i, from + (widen(high + i) - from) * share);
        }
#endif
    }
}

// `to` gets the percentile of the names whose window is complete. Where it is not, infinities stand in it: a percentile
// that lies below them would be wrong, so that the sessions since the last gap decide.
template <class V>
LODE_INLINE void emit(const float* sorted, const Place& place, bool between, V complete, V needed, float* to) {
    const float* row = sorted + place.below * LanesOf<V>::COUNT;
    if (between)
        write_between<V>(row, row + LanesOf<V>::COUNT, place.share, to);
    else
        write(to, read<V>(row));
    write_finite(to, complete >= needed ? read<V>(to) : all<V>(kNaN));
}

// VECTORS vectors of names at a time, each with a sorted window of its own: their cells lie side by side in memory.
template <class V, int VECTORS>
void order_tiles(const float* x, const std::vector<Place>& places, float* const* out, Shape shape, Index window) {
    constexpr Index LANES = LanesOf<V>::COUNT, NAMES = VECTORS * LANES, AHEAD = 8;
    const Index room = (window + 1) * LANES;
    const auto memory = aligned_memory(static_cast<std::size_t>(VECTORS * room) * sizeof(float));
    float* windows = static_cast<float*>(memory.get());
    const V needed = all<V>(static_cast<float>(window)), unknown = all<V>(kInfinity);
    for (Index name = 0; name < shape.names; name += NAMES) {
        const Index first = std::min(name, shape.names - NAMES);
        std::fill(windows, windows + VECTORS * room, kInfinity);
        V complete[VECTORS] = {};  // sessions since the last missing value
        for (Index t = 0; t < shape.sessions; ++t) {
            const Index soon = std::min(t + AHEAD, shape.sessions - 1) * shape.names + first;
            prefetch_to_read<NAMES * 4>(x + soon);
            for (std::size_t k = 0; k < places.size(); ++k) prefetch_to_write<NAMES * 4>(out[k] + soon);
            for (int v = 0; v < VECTORS; ++v) {
                const Index at = t * shape.names + first + v * LANES;
                float* sorted = windows + v * room;
                const V comes = sortable<V>(x + at);
                exchange<V>(sorted, window, t < window ? unknown : sortable<V>(x + at - window * shape.names), comes);
                complete[v] = comes < kInfinity ? complete[v] + 1.0f : V{};
                for (std::size_t k = 0; k < places.size(); ++k)
                    emit<V>(sorted, places[k], window > 1 && places[k].share > 0.0, complete[v], needed, out[k] + at);
            }
        }
    }
}

}  // namespace

void ts_percentiles(const float* x, const double* fractions, float* const* out, Index count, Shape shape,
                    Index window) {
    if (window > shape.sessions) {
        for (Index k = 0; k < count; ++k) std::fill(out[k], out[k] + shape.cells(), kNaN);
        return;
    }
    std::vector<Place> places;
    for (Index k = 0; k < count; ++k) places.push_back(place_of(fractions[k], window));
    using Vector = Lanes<float>::Vector;
    if (shape.names >= 4 * LanesOf<Vector>::COUNT)
        order_tiles<Vector, 4>(x, places, out, shape, window);
    else if (shape.names >= LanesOf<Vector>::COUNT)
        order_tiles<Vector, 1>(x, places, out, shape, window);
    else
        order_tiles<float, 1>(x, places, out, shape, window);
}

}  // namespace lode

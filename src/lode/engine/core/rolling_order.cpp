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

// sorted: between a row of -infinity and one of infinity, the window in order. `leaves` is in it.
template <class V>
LODE_INLINE void exchange(float* sorted, Index window, V leaves, V comes) {
    constexpr Index NAMES = LanesOf<V>::COUNT;
    V below = all<V>(-kInfinity), here = read<V>(sorted);
    const auto rises = comes >= leaves;
    for (Index i = 0; i < window; ++i) {
        const V above = read<V>(sorted + (i + 1) * NAMES);
        const V lifted = here > comes ? here : comes, moved_down = above < lifted ? above : lifted;
        const V lowered = here < comes ? here : comes, moved_up = below > lowered ? below : lowered;
        const V risen = here < leaves ? here : moved_down, fallen = here > leaves ? here : moved_up;
        write(sorted + i * NAMES, rises ? risen : fallen);
        below = here;
        here = above;
    }
}

template <class V>
LODE_INLINE void emit(const float* sorted, const Place& place, bool between, V complete, V needed, float* to) {
    constexpr int NAMES = LanesOf<V>::COUNT;
    const float* row = sorted + place.below * NAMES;
    if (!between) return write_finite(to, complete >= needed ? read<V>(row) : all<V>(kNaN));
    alignas(64) float known[NAMES];
    write(known, complete >= needed ? V{} : all<V>(kNaN));
    for (int i = 0; i < NAMES; ++i) {
        const double low = static_cast<double>(row[i]), high = static_cast<double>(row[NAMES + i]);
        to[i] = finite(static_cast<float>(low + (high - low) * place.share) + known[i]);
    }
}

template <class V>
void order_tiles(const float* x, const std::vector<Place>& places, float* const* out, Shape shape, Index window) {
    constexpr Index NAMES = LanesOf<V>::COUNT;
    const auto memory = aligned_memory(static_cast<std::size_t>((window + 1) * NAMES) * sizeof(float));
    float* sorted = static_cast<float*>(memory.get());
    const V needed = all<V>(static_cast<float>(window)), unknown = all<V>(kInfinity);
    for (Index name = 0; name < shape.names; name += NAMES) {
        const Index first = std::min(name, shape.names - NAMES);
        std::fill(sorted, sorted + (window + 1) * NAMES, kInfinity);
        V complete = V{};  // sessions since the last missing value
        for (Index t = 0; t < shape.sessions; ++t) {
            const float* now = x + t * shape.names + first;
            const V comes = sortable<V>(now);
            const V leaves = t < window ? unknown : sortable<V>(now - window * shape.names);
            exchange<V>(sorted, window, leaves, comes);
            complete = comes < kInfinity ? complete + 1.0f : V{};
            for (std::size_t k = 0; k < places.size(); ++k)
                emit<V>(sorted, places[k], window > 1 && places[k].share > 0.0, complete, needed,
                        out[k] + t * shape.names + first);
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
    if (shape.names >= LanesOf<Vector>::COUNT)
        order_tiles<Vector>(x, places, out, shape, window);
    else
        order_tiles<float>(x, places, out, shape, window);
}

}  // namespace lode

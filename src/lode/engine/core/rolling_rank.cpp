// Where today's value ranks within its window: smaller and equal values counted, a vector of names at a time.
#include <algorithm>

#include "kernels.h"
#include "sliding.h"

namespace lode {
namespace {

// Counts, one a lane. With masks, adding 1 where a comparison holds is one instruction on floats, exact up to 16 million;
// without, a comparison is a vector of whole numbers, -1 where it holds, that is taken off.
#if defined(__AVX512F__)
constexpr bool kMasks = true;
#else
constexpr bool kMasks = false;
#endif

template <class V>
struct CountsOf {
    using Comparison = decltype(V{} < V{});
    using Type = std::conditional_t<kMasks || LanesOf<V>::COUNT == 1, V, Comparison>;
    static LODE_INLINE Type counted(Type counts, Comparison holds) {
        if constexpr (std::is_same_v<Type, V>)
            return holds ? counts + 1.0f : counts;
        else
            return counts - holds;
    }
    static LODE_INLINE V as_floats(Type counts) {
        if constexpr (std::is_same_v<Type, V>)
            return counts;
        else
            return __builtin_convertvector(counts, V);
    }
};
template <class V>
using Counts = typename CountsOf<V>::Type;

// How many values are smaller than `now`, plus how many are smaller or equal, which is twice (average rank - 1).
template <class V>
LODE_INLINE Counts<V> counted(Counts<V> counts, V then, V now) {
    return CountsOf<V>::counted(CountsOf<V>::counted(counts, then < now), then <= now);
}

// The counts of SESSIONS sessions in a row, each among the `others` sessions before it; a row of `rows` is a session's
// vector of names, the first of them the first one's oldest. Each row is read once for all of them.
template <class V, int SESSIONS>
LODE_INLINE void count(const float* rows, Index others, Counts<V> (&counts)[SESSIONS]) {
    constexpr Index NAMES = LanesOf<V>::COUNT;
    V now[SESSIONS];
    LODE_UNROLL for (int s = 0; s < SESSIONS; ++s) {
        now[s] = cells_at<V>(rows + (others + s) * NAMES);
        counts[s] = Counts<V>{};
    }
    LODE_UNROLL for (int row = 0; row < SESSIONS - 1; ++row) {
        const V oldest = cells_at<V>(rows + row * NAMES);
        LODE_UNROLL for (int s = 0; s <= row; ++s) counts[s] = counted<V>(counts[s], oldest, now[s]);
        LODE_UNROLL for (int s = row + 1; s < SESSIONS; ++s) counts[s] = counted<V>(counts[s], now[row], now[s]);
    }
    for (Index row = SESSIONS - 1; row < others; ++row) {
        const V then = cells_at<V>(rows + row * NAMES);
        LODE_UNROLL for (int s = 0; s < SESSIONS; ++s) counts[s] = counted<V>(counts[s], then, now[s]);
    }
}

// Ranks VECTORS vectors of names. Their rows lie far apart in the panel: a stretch of sessions at a time, and the window
// before it, is put side by side first, each vector in a room of its own. Sessions before the panel are missing.
constexpr Index kSideBySide = 128;

template <class V, int VECTORS>
class Ranker {
    static constexpr Index LANES = LanesOf<V>::COUNT;

   public:
    static constexpr Index NAMES = VECTORS * LANES;

    Ranker(Shape shape, Index window)
        : shape_(shape), window_(window), others_(window - 1), room_((others_ + kSideBySide) * LANES),
          memory_(aligned_memory(static_cast<std::size_t>(VECTORS * room_) * sizeof(float))) {}

    void run(const float* x, float* out) {
        V complete[VECTORS] = {};  // sessions since the last missing value
        for (int v = 0; v < VECTORS; ++v) std::fill(room(v), room(v) + others_ * LANES, kNaN);
        for (Index start = 0; start < shape_.sessions; start += kSideBySide) {
            const Index sessions = std::min(kSideBySide, shape_.sessions - start);
            bring(x, start, sessions);
            for (int v = 0; v < VECTORS; ++v) {
                stretch(room(v), out + shape_.result_of(start) + v * LANES, start, sessions, complete[v]);
                std::copy(room(v) + sessions * LANES, room(v) + (sessions + others_) * LANES, room(v));
            }
        }
    }

   private:
    static constexpr int TOGETHER = 4;
    static constexpr Index AHEAD = 16;

    float* room(int v) { return static_cast<float*>(memory_.get()) + v * room_; }

    void bring(const float* x, Index start, Index sessions) {
        for (Index t = 0; t < sessions; ++t) {
            const float* row = x + (start + t) * shape_.names;
            prefetch_to_read<NAMES * 4>(x + std::min(start + t + AHEAD, shape_.sessions - 1) * shape_.names);
            for (int v = 0; v < VECTORS; ++v) write(room(v) + (others_ + t) * LANES, cells_at<V>(row + v * LANES));
        }
    }

    // out: where the result of the stretch's first session is, or would be.
    void stretch(const float* rows, float* out, Index start, Index sessions, V& complete) const {
        Index t = 0;
        for (; t < std::min(sessions, shape_.skipped - start); ++t) complete = counted_on(rows, t, complete);
        for (; others_ >= TOGETHER - 1 && t + TOGETHER <= sessions; t += TOGETHER) {
            LODE_UNROLL for (int s = 0; s < TOGETHER; ++s)
                prefetch_to_write<NAMES * 4>(out + std::min(t + s + AHEAD, sessions - 1) * shape_.names);
            emit<TOGETHER>(rows, out, t, complete);
        }
        for (; t < sessions; ++t) emit<1>(rows, out, t, complete);
    }

    // Sessions since the last missing value, the t-th of the stretch included.
    LODE_INLINE V counted_on(const float* rows, Index t, V complete) const {
        return absolute(cells_at<V>(rows + (others_ + t) * LANES)) <= kLargest ? complete + 1.0f : V{};
    }

    template <int SESSIONS>
    LODE_INLINE void emit(const float* rows, float* out, Index t, V& complete) const {
        const V steps = all<V>(2.0f * static_cast<float>(others_)), needed = all<V>(static_cast<float>(window_));
        Counts<V> counts[SESSIONS];
        count<V, SESSIONS>(rows + t * LANES, others_, counts);
        LODE_UNROLL for (int s = 0; s < SESSIONS; ++s) {
            complete = counted_on(rows, t + s, complete);
            const V share = window_ > 1 ? CountsOf<V>::as_floats(counts[s]) / steps : all<V>(0.5f);
            write_finite(out + (t + s) * shape_.names, complete >= needed ? share : all<V>(kNaN));
        }
    }

    Shape shape_;
    Index window_, others_, room_;
    std::unique_ptr<void, AlignedDelete> memory_;
};

template <class V, int VECTORS>
void rank_tiles(const float* x, float* out, Shape shape, Index window) {
    Ranker<V, VECTORS> ranker(shape, window);
    for (Index name = 0; name < shape.names; name += ranker.NAMES) {
        const Index first = std::min(name, shape.names - ranker.NAMES);
        ranker.run(x + first, out + first);
    }
}

}  // namespace

void ts_rank(const float* x, float* out, Shape shape, Index window, Index) {
    using Vector = Lanes<float>::Vector;
    if (window > shape.sessions) return std::fill(out, out + shape.results(), kNaN);
    if (shape.names >= 4 * LanesOf<Vector>::COUNT)
        rank_tiles<Vector, 4>(x, out, shape, window);
    else if (shape.names >= LanesOf<Vector>::COUNT)
        rank_tiles<Vector, 1>(x, out, shape, window);
    else
        rank_tiles<float, 1>(x, out, shape, window);
}

}  // namespace lode

// Sorts a few thousand 32-bit keys without a branch that depends on them.
//
// The keys lie in rows of a vector's lanes, padded with the largest key, and the sequence runs down each lane: place i
// is row i % rows of lane i / rows. So all comparators of a network over the rows are a minimum and a maximum of whole
// vectors (Batcher 1968). Columns are sorted first, then merged lane by lane: reversed against each other across the
// lanes, and cleaned down the rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "lanes.h"
#include "panel.h"
#include "sliding.h"

namespace lode {

#if LODE_VECTORS

typedef std::uint32_t KeyLanes __attribute__((vector_size(kVectorBytes)));

namespace network {

constexpr int LANES = kVectorBytes / 4;

LODE_INLINE void order(KeyLanes& low, KeyLanes& high) {
    const KeyLanes a = low, b = high;
    low = a < b ? a : b;
    high = a < b ? b : a;
}

#if defined(__clang__) || __GNUC__ >= 12
template <int FLIP, int... LANE>
LODE_INLINE KeyLanes flipped(KeyLanes keys, std::integer_sequence<int, LANE...>) {
    return __builtin_shufflevector(keys, keys, (LANE ^ FLIP)...);
}
#else
template <int FLIP, int... LANE>
LODE_INLINE KeyLanes flipped(KeyLanes keys, std::integer_sequence<int, LANE...>) {
    return __builtin_shuffle(keys, KeyLanes{(LANE ^ FLIP)...});
}
#endif

// Each lane gets the key of the lane whose number differs in the bits of FLIP.
template <int FLIP>
LODE_INLINE KeyLanes flipped(KeyLanes keys) {
    return flipped<FLIP>(keys, std::make_integer_sequence<int, LANES>{});
}

// `high` in the lanes whose number has the bit, `low` in the others.
#if defined(__clang__) || __GNUC__ >= 12
template <int BIT, int... LANE>
LODE_INLINE KeyLanes chosen(KeyLanes low, KeyLanes high, std::integer_sequence<int, LANE...>) {
    return __builtin_shufflevector(low, high, (LANE & BIT ? LANE + LANES : LANE)...);
}
#else
template <int BIT, int... LANE>
LODE_INLINE KeyLanes chosen(KeyLanes low, KeyLanes high, std::integer_sequence<int, LANE...>) {
    return __builtin_shuffle(low, high, KeyLanes{(LANE & BIT ? LANE + LANES : LANE)...});
}
#endif
template <int BIT>
LODE_INLINE KeyLanes chosen(KeyLanes low, KeyLanes high) {
    return chosen<BIT>(low, high, std::make_integer_sequence<int, LANES>{});
}

// Lane l and lane l ^ STRIDE of one row.
template <int STRIDE>
LODE_INLINE void order_lanes(KeyLanes& row) {
    const KeyLanes other = flipped<STRIDE>(row);
    const KeyLanes low = row < other ? row : other, high = row < other ? other : row;
    row = chosen<STRIDE>(low, high);
}

// Strides STRIDE, STRIDE / 2, … 1 across the lanes of one row.
template <int STRIDE>
LODE_INLINE void clean_lanes(KeyLanes& row) {
    if constexpr (STRIDE > 0) {
        order_lanes<STRIDE>(row);
        clean_lanes<STRIDE / 2>(row);
    }
}

// Two sequences of GROUP lanes each, one run backwards against the other: lane l of `a` meets lane l ^ (2 GROUP - 1) of
// `b`, its mirror row, and the other way round.
template <int GROUP>
LODE_INLINE void order_mirrored(KeyLanes& a, KeyLanes& b) {
    const KeyLanes mirrored = flipped<2 * GROUP - 1>(b);
    const KeyLanes low = a < mirrored ? a : mirrored, high = a < mirrored ? mirrored : a;
    a = chosen<GROUP>(low, high);
    b = flipped<2 * GROUP - 1>(chosen<GROUP>(high, low));
}

// Batcher's odd-even merge sort of the rows AT … AT + COUNT, a power of two. Every index is a constant, so that the rows
// stay in registers.
template <int AT, int END, int STEP, int DISTANCE>
LODE_INLINE void order_every(KeyLanes* row) {
    if constexpr (AT + DISTANCE < END) {
        order(row[AT], row[AT + DISTANCE]);
        order_every<AT + STEP, END, STEP, DISTANCE>(row);
    }
}

template <int AT, int COUNT, int STRIDE>
LODE_INLINE void merge_odd_even(KeyLanes* row) {
    if constexpr (2 * STRIDE < COUNT) {
        merge_odd_even<AT, COUNT, 2 * STRIDE>(row);
        merge_odd_even<AT + STRIDE, COUNT, 2 * STRIDE>(row);
        order_every<AT + STRIDE, AT + COUNT, 2 * STRIDE, STRIDE>(row);
    } else {
        order(row[AT], row[AT + STRIDE]);
    }
}

template <int AT, int COUNT>
LODE_INLINE void sort_rows(KeyLanes* row) {
    if constexpr (COUNT > 1) {
        sort_rows<AT, COUNT / 2>(row);
        sort_rows<AT + COUNT / 2, COUNT / 2>(row);
        merge_odd_even<AT, COUNT, 1>(row);
    }
}

// Two sorted runs of `half` rows, one after the other, against each other; then the stride of half a run.
inline void meet_rows(KeyLanes* rows, Index half) {
    const Index quarter = half / 2;
    for (Index i = 0; i < quarter; ++i) {
        KeyLanes a = rows[i], b = rows[i + quarter], c = rows[2 * half - 1 - i - quarter], d = rows[2 * half - 1 - i];
        order(a, d);
        order(b, c);
        order(a, b);
        order(c, d);
        rows[i] = a, rows[i + quarter] = b, rows[2 * half - 1 - i - quarter] = c, rows[2 * half - 1 - i] = d;
    }
}

// Two sorted sequences of GROUP lanes each against each other, across the lanes, then the stride of half the rows.
template <int GROUP>
void meet_lanes(KeyLanes* rows, Index count) {
    const Index half = count / 2;
    for (Index i = 0; i < half / 2; ++i) {
        KeyLanes a = rows[i], b = rows[half - 1 - i], c = rows[half + i], d = rows[count - 1 - i];
        order_mirrored<GROUP>(a, d);
        order_mirrored<GROUP>(b, c);
        clean_lanes<GROUP / 2>(a);
        clean_lanes<GROUP / 2>(b);
        clean_lanes<GROUP / 2>(c);
        clean_lanes<GROUP / 2>(d);
        order(a, c);
        order(b, d);
        rows[i] = a, rows[half - 1 - i] = b, rows[half + i] = c, rows[count - 1 - i] = d;
    }
}

// The strides COUNT / 2 to 1 within each COUNT rows.
template <int COUNT>
void clean_blocks(KeyLanes* rows, Index count) {
    for (Index at = 0; at < count; at += COUNT) {
        KeyLanes row[COUNT];
        LODE_UNROLL for (int i = 0; i < COUNT; ++i) row[i] = rows[at + i];
        LODE_UNROLL for (int stride = COUNT / 2; stride > 0; stride /= 2) {
            LODE_UNROLL for (int i = 0; i < COUNT; ++i) {
                if (!(i & stride)) order(row[i], row[i + stride]);
            }
        }
        LODE_UNROLL for (int i = 0; i < COUNT; ++i) rows[at + i] = row[i];
    }
}

// A stride and half of it.
inline void clean_two(KeyLanes* rows, Index count, Index stride) {
    const Index half = stride / 2;
    for (Index at = 0; at < count; at += 2 * stride) {
        for (Index i = at; i < at + half; ++i) {
            KeyLanes a = rows[i], b = rows[i + half], c = rows[i + stride], d = rows[i + stride + half];
            order(a, c);
            order(b, d);
            order(a, b);
            order(c, d);
            rows[i] = a, rows[i + half] = b, rows[i + stride] = c, rows[i + stride + half] = d;
        }
    }
}

// All strides from `stride` to 1, as many at a time as registers hold.
inline void clean(KeyLanes* rows, Index count, Index stride) {
    for (; stride > 8; stride /= 4) clean_two(rows, count, stride);
    switch (stride) {
        case 8: return clean_blocks<16>(rows, count);
        case 4: return clean_blocks<8>(rows, count);
        case 2: return clean_blocks<4>(rows, count);
        case 1: return clean_blocks<2>(rows, count);
    }
}

template <int COUNT>
void sort_blocks(KeyLanes* rows, Index count) {
    for (Index at = 0; at < count; at += COUNT) {
        KeyLanes row[COUNT];
        LODE_UNROLL for (int i = 0; i < COUNT; ++i) row[i] = rows[at + i];
        sort_rows<0, COUNT>(row);
        LODE_UNROLL for (int i = 0; i < COUNT; ++i) rows[at + i] = row[i];
    }
}

template <int GROUP>
void merge_lanes(KeyLanes* rows, Index count) {
    if constexpr (GROUP < LANES) {
        meet_lanes<GROUP>(rows, count);
        clean(rows, count, count / 4);
        merge_lanes<2 * GROUP>(rows, count);
    }
}

// `count` rows, a power of two from 4 on.
inline void sort(KeyLanes* rows, Index count) {
    Index run = std::min<Index>(count, 16);
    if (run == 4) sort_blocks<4>(rows, count);
    else if (run == 8) sort_blocks<8>(rows, count);
    else sort_blocks<16>(rows, count);
    for (; run < count; run *= 2) {
        for (Index at = 0; at < count; at += 2 * run) meet_rows(rows + at, run);
        clean(rows, count, run / 4);
    }
    merge_lanes<1>(rows, count);
}

// Rows STRIDE apart exchange what lies across the diagonal.
template <int STRIDE>
LODE_INLINE void transpose(KeyLanes (&row)[LANES]) {
    if constexpr (STRIDE > 0) {
        LODE_UNROLL for (int i = 0; i < LANES; ++i) {
            if (i & STRIDE) continue;
            const KeyLanes a = row[i], b = row[i + STRIDE];
            row[i] = chosen<STRIDE>(a, flipped<STRIDE>(b));
            row[i + STRIDE] = chosen<STRIDE>(flipped<STRIDE>(a), b);
        }
        transpose<STRIDE / 2>(row);
    }
}

// The sequence as it is read: one lane after the other.
inline void lay_out(const KeyLanes* rows, Index count, std::uint32_t* keys) {
    if (count < LANES) {
        const auto* flat = reinterpret_cast<const std::uint32_t*>(rows);
        for (Index i = 0; i < count * LANES; ++i) keys[i] = flat[i % count * LANES + i / count];
        return;
    }
    for (Index at = 0; at < count; at += LANES) {
        KeyLanes row[LANES];
        LODE_UNROLL for (int i = 0; i < LANES; ++i) row[i] = rows[at + i];
        transpose<LANES / 2>(row);
        LODE_UNROLL for (int i = 0; i < LANES; ++i) write(keys + i * count + at, row[i]);
    }
}

}  // namespace network
#endif

// Room for the keys of one session.
class KeySorter {
   public:
    explicit KeySorter(Index names)
        : room_(padded(names)), memory_(aligned_memory(static_cast<std::size_t>(2 * room_) * sizeof(std::uint32_t))) {}

    // Where the session's keys are written; those that are not there are the largest.
    std::uint32_t* keys() { return static_cast<std::uint32_t*>(memory_.get()); }

    // The `known` smallest of the `names` keys in order; what is returned stands until the next call.
    std::uint32_t* sorted(Index names, Index known) {
#if LODE_VECTORS
        if (known < 2 && names > 0) {  // nothing to order
            keys()[0] = *std::min_element(keys(), keys() + names);
            return keys();
        }
        const Index size = padded(known);
        if (size < names) names = std::remove(keys(), keys() + names, ~0u) - keys();
        std::fill(keys() + names, keys() + size, ~0u);
        auto* rows = reinterpret_cast<KeyLanes*>(keys());
        network::sort(rows, size / network::LANES);
        network::lay_out(rows, size / network::LANES, keys() + room_);
        return keys() + room_;
#else
        std::sort(keys(), keys() + names);
        return keys();
#endif
    }

   private:
    static Index padded(Index keys) {
        Index size = LODE_VECTORS ? 4 * kVectorBytes / 4 : 1;
        while (size < keys) size *= 2;
        return size;
    }

    Index room_;
    std::unique_ptr<void, AlignedDelete> memory_;
};

}  // namespace lode

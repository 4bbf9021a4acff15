// Aggregates over a sliding window without ever taking a value out again.
//
// The sessions are cut into blocks of the window's length, at absolute session indices. A window that ends `offset`
// sessions into a block is the tail of the block before (an aggregate kept from the block's end backwards) joined
// with the head of its own (a running aggregate). So a value depends on the sessions of its window and on nothing
// else: what has left the window (a spike, a missing value) leaves no trace, blocks of a panel agree bit for bit, and
// missing values need no bookkeeping because they travel with the aggregate. The cost is constant in the window
// (van Herk 1992; Gil and Werman 1993, there for extremes).
//
// Powers are taken of the distance to a reference: the name's value in the last session of the block before. Every
// window that uses it holds that session, so the distance is at most the window's own range: no cancellation beyond
// a factor of twice the window, and exactly zero variance where the window is flat.
#pragma once

#include <algorithm>
#include <memory>
#include <new>

#include "lanes.h"
#include "panel.h"

namespace lode {

// What an Op provides. Number is double or float; V is Number or a vector of it. INPUTS panels in, WORDS aggregates,
// of which the last KEPT are kept for the block before.
//   missing()                               the aggregate that no later session can undo
//   start(s)                                the aggregate of no session
//   forward(s, x, reference, offset)        joins session x, `offset` sessions into its block, after those in s
//   backward(s, x, reference, offset)       joins session x before those in s
//   join(head, tail, x, reference, offset)  a window's result; the head ends at session x
//   whole(tail, x)                          the result of a window that is one whole block, x its last session
//   PARTIAL (optional)                      true: sessions before the panel count for nothing, instead of as missing
template <int INPUTS>
struct Inputs {
    const float* at[INPUTS];
};

template <class Op, class = void>
struct IsPartial : std::false_type {};
template <class Op>
struct IsPartial<Op, std::void_t<decltype(Op::PARTIAL)>> : std::bool_constant<Op::PARTIAL> {};

struct AlignedDelete {
    void operator()(void* memory) const { ::operator delete(memory, std::align_val_t{64}); }
};

inline std::unique_ptr<void, AlignedDelete> aligned_memory(std::size_t bytes) {
    return std::unique_ptr<void, AlignedDelete>(::operator new(bytes, std::align_val_t{64}));
}

template <class Op, class V, int VECTORS>
class Slider {
    using Number = typename Op::Number;
    static constexpr int INPUTS = Op::INPUTS, WORDS = Op::WORDS, KEPT = Op::KEPT, LANES = LanesOf<V>::COUNT;
    static constexpr Index AHEAD = 16;  // sessions

   public:
    static constexpr int NAMES = VECTORS * LANES;

    static constexpr Index tails_size(Index window) { return window * KEPT * NAMES; }

    // The sessions [from, to), of which the first is the panel's or begins a block. `tails`, tails_size numbers, are
    // kept by the caller from one stretch of sessions to the next.
    LODE_INLINE static void run(const Op& op, const Inputs<INPUTS>& in, float* out, Shape shape, Index window,
                                Index first_row, Number* tails, Index from, Index to) {
        V reference[INPUTS][VECTORS], head[WORDS][VECTORS];
        if (from == 0) {
            fill(reference, Op::missing());
            fill(head, Op::missing());
            std::fill(tails, tails + tails_size(window), Op::missing());
        } else {
            refer(in, (from - 1) * shape.names, reference);
            start(op, head);
        }
        Index offset = (first_row + from) % window;
        for (Index t = from; t < to; ++t) {
            const Index end = std::min(to, t + window - 1 - offset);
            for (; t < std::min(end, shape.skipped); ++t, ++offset) absorb(op, in, shape, t, offset, reference, head);
            for (; t < end; ++t, ++offset)
                advance(op, in, out, shape, t, offset, tails + (offset + 1) * KEPT * NAMES, reference, head);
            if (t == to) return;
            keep_tails(op, in, shape, t, window, tails, reference, head);
            if (t >= shape.skipped) emit_whole(op, out + shape.result_of(t), tails, reference);
            start(op, head);
            offset = 0;
        }
    }

   private:
    template <int ROWS>
    LODE_INLINE static void fill(V (&rows)[ROWS][VECTORS], Number number) {
        LODE_UNROLL for (int k = 0; k < ROWS; ++k) {
            LODE_UNROLL for (int v = 0; v < VECTORS; ++v) rows[k][v] = all<V>(number);
        }
    }

    LODE_INLINE static void start(const Op& op, V (&head)[WORDS][VECTORS]) {
        LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
            V s[WORDS];
            op.start(s);
            LODE_UNROLL for (int k = 0; k < WORDS; ++k) head[k][v] = s[k];
        }
    }

    LODE_INLINE static void load(const Inputs<INPUTS>& in, Index at, V (&x)[INPUTS]) {
        LODE_UNROLL for (int k = 0; k < INPUTS; ++k) x[k] = cells_at<V>(in.at[k] + at);
    }

    LODE_INLINE static void refer(const Inputs<INPUTS>& in, Index at, V (&reference)[INPUTS][VECTORS]) {
        LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
            V x[INPUTS];
            load(in, at + v * LANES, x);
            LODE_UNROLL for (int k = 0; k < INPUTS; ++k) reference[k][v] = x[k];
        }
    }

    // The head of the block grows by session t.
    LODE_INLINE static void absorb(const Op& op, const Inputs<INPUTS>& in, Shape shape, Index t, Index offset,
                                   V (&reference)[INPUTS][VECTORS], V (&head)[WORDS][VECTORS]) {
        const V sessions = all<V>(static_cast<Number>(offset));
        const Index soon = std::min(t + AHEAD, shape.sessions - 1) * shape.names;
        LODE_UNROLL for (int k = 0; k < INPUTS; ++k) prefetch_to_read<NAMES * 4>(in.at[k] + soon);
        LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
            V x[INPUTS], r[INPUTS], s[WORDS];
            load(in, t * shape.names + v * LANES, x);
            LODE_UNROLL for (int k = 0; k < INPUTS; ++k) r[k] = reference[k][v];
            LODE_UNROLL for (int k = 0; k < WORDS; ++k) s[k] = head[k][v];
            op.forward(s, x, r, sessions);
            LODE_UNROLL for (int k = 0; k < WORDS; ++k) head[k][v] = s[k];
        }
    }

    // The same, and its window's value is written.
    LODE_INLINE static void advance(const Op& op, const Inputs<INPUTS>& in, float* out, Shape shape, Index t,
                                    Index offset, const Number* tail, V (&reference)[INPUTS][VECTORS],
                                    V (&head)[WORDS][VECTORS]) {
        const V sessions = all<V>(static_cast<Number>(offset));
        const Index soon = std::min(t + AHEAD, shape.sessions - 1) * shape.names;
        LODE_UNROLL for (int k = 0; k < INPUTS; ++k) prefetch_to_read<NAMES * 4>(in.at[k] + soon);
        prefetch_to_write<NAMES * 4>(out + shape.result_of(std::min(t + AHEAD, shape.sessions - 1)));
        LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
            V x[INPUTS], r[INPUTS], s[WORDS], kept[KEPT];
            load(in, t * shape.names + v * LANES, x);
            LODE_UNROLL for (int k = 0; k < INPUTS; ++k) r[k] = reference[k][v];
            LODE_UNROLL for (int k = 0; k < WORDS; ++k) s[k] = head[k][v];
            LODE_UNROLL for (int k = 0; k < KEPT; ++k) kept[k] = read<V>(tail + k * NAMES + v * LANES);
            op.forward(s, x, r, sessions);
            LODE_UNROLL for (int k = 0; k < WORDS; ++k) head[k][v] = s[k];
            write_finite(out + shape.result_of(t) + v * LANES, op.join(s, kept, x, r, sessions));
        }
    }

    // Session t ends a block: keep the aggregate of each of its tails.
    LODE_INLINE static void keep_tails(const Op& op, const Inputs<INPUTS>& in, Shape shape, Index t, Index window,
                                       Number* tails, V (&reference)[INPUTS][VECTORS], V (&head)[WORDS][VECTORS]) {
        refer(in, t * shape.names, reference);
        start(op, head);
        const Index known = std::min(window, t + 1);
        for (Index offset = window - 1; offset >= window - known; --offset, --t) {
            const V sessions = all<V>(static_cast<Number>(offset));
            Number* tail = tails + offset * KEPT * NAMES;
            LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
                V x[INPUTS], r[INPUTS], s[WORDS];
                load(in, t * shape.names + v * LANES, x);
                LODE_UNROLL for (int k = 0; k < INPUTS; ++k) r[k] = reference[k][v];
                LODE_UNROLL for (int k = 0; k < WORDS; ++k) s[k] = head[k][v];
                op.backward(s, x, r, sessions);
                LODE_UNROLL for (int k = 0; k < WORDS; ++k) head[k][v] = s[k];
                LODE_UNROLL for (int k = 0; k < KEPT; ++k) write(tail + k * NAMES + v * LANES, s[WORDS - KEPT + k]);
            }
        }
        if (IsPartial<Op>::value && known < window) {
            const Number* oldest = tails + (window - known) * KEPT * NAMES;
            for (Index offset = 0; offset < window - known; ++offset)
                std::copy(oldest, oldest + KEPT * NAMES, tails + offset * KEPT * NAMES);
        }
    }

    LODE_INLINE static void emit_whole(const Op& op, float* out, const Number* tail,
                                       const V (&reference)[INPUTS][VECTORS]) {
        LODE_UNROLL for (int v = 0; v < VECTORS; ++v) {
            V kept[KEPT], x[INPUTS];
            LODE_UNROLL for (int k = 0; k < KEPT; ++k) kept[k] = read<V>(tail + k * NAMES + v * LANES);
            LODE_UNROLL for (int k = 0; k < INPUTS; ++k) x[k] = reference[k][v];
            write_finite(out + v * LANES, op.whole(kept, x));
        }
    }
};

// All names, VECTORS vectors at a time. The last tile overlaps its neighbour instead of being narrower: the same cells
// get the same values twice, which is why a kernel must not work in place.
// Tiles side by side go through the same stretch of sessions one after the other, so that what one of them brings
// near of a row (cache lines, address translations) serves the next: at least so many sessions, so many names.
constexpr Index kStretch = 32, kAbreast = 64;

template <class Op, class V, int VECTORS>
void slide_tiles(const Op& op, const Inputs<Op::INPUTS>& in, float* out, Shape shape, Index window, Index first_row) {
    using Tile = Slider<Op, V, VECTORS>;
    constexpr Index ABREAST = std::max<Index>(1, kAbreast / Tile::NAMES);
    const Index room = Tile::tails_size(window), stretch = (kStretch + window - 1) / window * window;
    const auto memory = aligned_memory(static_cast<std::size_t>(ABREAST * room) * sizeof(typename Op::Number));
    auto* tails = static_cast<typename Op::Number*>(memory.get());
    for (Index name = 0; name < shape.names; name += ABREAST * Tile::NAMES) {
        Index to = std::min(shape.sessions, stretch - first_row % window);
        for (Index from = 0; from < shape.sessions; from = to, to = std::min(shape.sessions, to + stretch)) {
            for (Index tile = 0; tile < ABREAST && name + tile * Tile::NAMES < shape.names; ++tile) {
                const Index first = std::min(name + tile * Tile::NAMES, shape.names - Tile::NAMES);
                Inputs<Op::INPUTS> here = in;
                for (int k = 0; k < Op::INPUTS; ++k) here.at[k] += first;
                Tile::run(op, here, out + first, shape, window, first_row, tails + tile * room, from, to);
            }
        }
    }
}

// Runs Op over every window of `window` sessions. `first_row` is the absolute index of the first session.
// Fewer than `window` sessions of history, or a missing value inside the window: NaN, but for an Op that is PARTIAL.
template <int VECTORS, class Op>
void slide(const Op& op, const Inputs<Op::INPUTS>& in, float* out, Shape shape, Index window, Index first_row) {
    using Vector = typename Lanes<typename Op::Number>::Vector;
    if (window > shape.sessions && !IsPartial<Op>::value) return std::fill(out, out + shape.results(), kNaN);
    if (shape.names >= VECTORS * LanesOf<Vector>::COUNT)
        slide_tiles<Op, Vector, VECTORS>(op, in, out, shape, window, first_row);
    else if (shape.names >= LanesOf<Vector>::COUNT)
        slide_tiles<Op, Vector, 1>(op, in, out, shape, window, first_row);
    else
        slide_tiles<Op, typename Op::Number, 1>(op, in, out, shape, window, first_row);
}

}  // namespace lode

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
#include <vector>

#include "panel.h"
#include "tiles.h"

namespace lode {

// What an Op provides. State is a double or a float; INPUTS arrays in, WORDS aggregates of which the last KEPT are
// kept for the block before.
//   missing()                       the aggregate that no later session can undo
//   start(s)                        the aggregate of no session
//   forward(s, x, reference, o)     joins session x, offset o in its block, after the sessions in s
//   backward(s, x, reference, o)    joins session x before the sessions in s
//   join(head, tail, x, reference, o) -> float    the result for a window; head ends at session x, offset o
//   whole(tail, x, reference) -> float            the result when the window is one whole block
template <int INPUTS>
struct Inputs {
    const float* at[INPUTS];
};

template <class Op, int W>
class SlidingTile {
    using State = typename Op::State;
    static constexpr int INPUTS = Op::INPUTS, WORDS = Op::WORDS, KEPT = Op::KEPT;

   public:
    SlidingTile(const Op& op, const Inputs<INPUTS>& in, float* out, Shape shape, Index window, Index first_row,
                std::vector<State>& tails)
        : op_(op), in_(in), out_(out), shape_(shape), window_(window), first_row_(first_row) {
        tails.assign(static_cast<std::size_t>(window * KEPT * W), Op::missing());
        tails_ = tails.data();
    }

    void run(Index name) {
        Index offset = first_row_ % window_;
        restart(name, -1);
        for (Index t = 0; t < shape_.sessions; ++t) {
            if (offset == window_ - 1) {
                keep_tails(name, t);
                emit_whole(name, t);
                offset = 0;
            } else {
                advance(name, t, offset);
                ++offset;
            }
        }
    }

   private:
    const float* row(int input, Index t, Index name) const { return in_.at[input] + t * shape_.names + name; }

    void restart(Index name, Index t) {
        for (int k = 0; k < INPUTS; ++k)
            for (int i = 0; i < W; ++i) reference_[k][i] = t < 0 ? kNaN : row(k, t, name)[i];
        for (int i = 0; i < W; ++i) {
            State s[WORDS];
            op_.start(s);
            for (int k = 0; k < WORDS; ++k) head_[k][i] = s[k];
        }
        if (t < 0)
            for (int k = 0; k < WORDS; ++k)
                for (int i = 0; i < W; ++i) head_[k][i] = Op::missing();
    }

    // The head of the block grows by session t, and its window's value is written.
    void advance(Index name, Index t, Index offset) {
        const float* LODE_RESTRICT x[INPUTS];
        for (int k = 0; k < INPUTS; ++k) x[k] = row(k, t, name);
        float* LODE_RESTRICT out = out_ + t * shape_.names + name;
        const State* LODE_RESTRICT tail = tails_ + (offset + 1) * KEPT * W;
        const Op op = op_;
        for (int i = 0; i < W; ++i) {
            float here[INPUTS], reference[INPUTS];
            State s[WORDS], kept[KEPT];
            for (int k = 0; k < INPUTS; ++k) here[k] = x[k][i], reference[k] = reference_[k][i];
            for (int k = 0; k < WORDS; ++k) s[k] = head_[k][i];
            for (int k = 0; k < KEPT; ++k) kept[k] = tail[k * W + i];
            op.forward(s, here, reference, offset);
            for (int k = 0; k < WORDS; ++k) head_[k][i] = s[k];
            out[i] = op.join(s, kept, here, reference, offset);
        }
    }

    // Session t ends a block: keep the aggregate of each of its tails.
    void keep_tails(Index name, Index t) {
        restart(name, t);
        const Op op = op_;
        const Index oldest = std::max<Index>(0, t - window_ + 1);
        const Index missing = window_ - 1 - (t - oldest);
        std::fill(tails_, tails_ + missing * KEPT * W, Op::missing());
        for (Index r = t; r >= oldest; --r) {
            const float* LODE_RESTRICT x[INPUTS];
            for (int k = 0; k < INPUTS; ++k) x[k] = row(k, r, name);
            const Index offset = window_ - 1 - (t - r);
            State* LODE_RESTRICT tail = tails_ + offset * KEPT * W;
            for (int i = 0; i < W; ++i) {
                float here[INPUTS], reference[INPUTS];
                State s[WORDS];
                for (int k = 0; k < INPUTS; ++k) here[k] = x[k][i], reference[k] = reference_[k][i];
                for (int k = 0; k < WORDS; ++k) s[k] = head_[k][i];
                op.backward(s, here, reference, offset);
                for (int k = 0; k < WORDS; ++k) head_[k][i] = s[k];
                for (int k = 0; k < KEPT; ++k) tail[k * W + i] = s[WORDS - KEPT + k];
            }
        }
    }

    void emit_whole(Index name, Index t) {
        float* LODE_RESTRICT out = out_ + t * shape_.names + name;
        const Op op = op_;
        for (int i = 0; i < W; ++i) {
            State kept[KEPT];
            float here[INPUTS], reference[INPUTS];
            for (int k = 0; k < KEPT; ++k) kept[k] = tails_[k * W + i];
            for (int k = 0; k < INPUTS; ++k) here[k] = reference[k] = reference_[k][i];
            out[i] = op.whole(kept, here, reference);
            State s[WORDS];
            op.start(s);
            for (int k = 0; k < WORDS; ++k) head_[k][i] = s[k];
        }
    }

    Op op_;
    Inputs<INPUTS> in_;
    float* out_;
    Shape shape_;
    Index window_, first_row_;
    State* tails_;
    alignas(64) float reference_[INPUTS][W];
    alignas(64) State head_[WORDS][W];
};

// Runs Op over every window of `window` sessions. `first_row` is the absolute index of the first session.
// Fewer than `window` sessions of history, or a missing value inside the window: NaN.
template <class Op, int WIDEST = 64>
void slide(const Op& op, const Inputs<Op::INPUTS>& in, float* out, Shape shape, Index window, Index first_row) {
    if (window > shape.sessions) {
        std::fill(out, out + shape.cells(), kNaN);
        return;
    }
    std::vector<typename Op::State> tails;
    for_each_tile<WIDEST>(shape.names, [&](auto width, Index name) {
        SlidingTile<Op, decltype(width)::value>(op, in, out, shape, window, first_row, tails).run(name);
    });
}

}  // namespace lode

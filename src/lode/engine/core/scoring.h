// Daily correlation of a factor with the returns that follow it, over one horizon or several.
#pragma once

#include "panel.h"

namespace lode {

// The scored sessions' forward returns, ranked once. A session's names are numbered by their return over the first
// horizon, smallest first, those without one last: a factor's sorted keys that carry these numbers are the ranks of
// the returns. Arrays are (scored, names) or (horizons, scored, names).
struct ForwardRanks {
    std::uint32_t* number;  // by column
    std::uint32_t* named;   // by number: the column
    std::uint32_t* order;   // numbers by return; only the first `known` count. kTied: equal to the one before
    std::int32_t* twice;    // by number: twice the average rank, counted from 0; -1 where the return is missing
    double* spread;         // per session: sum of squares of `twice` around its mean
    std::int32_t* known;    // per session
};

constexpr std::uint32_t kTied = 0x80000000u;

// How many horizons and scored sessions there are; `rows` are the latter's indices.
struct Scored {
    const std::int64_t* rows;
    Index horizons, sessions, names;
    Index at(Index horizon, Index session) const { return horizon * sessions + session; }
};

// Fills `number` and `named` from the returns over the first horizon.
void number_names(const float* forward, Scored scored, ForwardRanks out);

// Fills the rest of one horizon from its returns.
void rank_forward(const float* forward, Index horizon, Scored scored, ForwardRanks out);

// Spearman's correlation per horizon and scored session over the names that have both, and how many they are; NaN below
// min_names or where one is flat.
void rank_ic(const float* x, Scored scored, ForwardRanks forward, Index min_names, double* out, std::int32_t* pairs);

// Pearson's correlation of one horizon, the same way.
void pearson_ic(const float* x, const float* forward, Scored scored, Index min_names, double* out);

}  // namespace lode

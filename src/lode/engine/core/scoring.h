// Daily correlation of a factor with the return that follows it.
#pragma once

#include "panel.h"

namespace lode {

// The forward returns of the scored sessions, ranked once. Panels are (scored sessions, names).
struct ForwardRanks {
    std::uint32_t* order;  // names by return, smallest first; only the first `known` count. kTied: equal to the one before
    float* twice;          // by name: twice the average rank, counted from 0; -1 where the return is missing
    double* spread;        // per session: sum of squares of `twice` around its mean
    std::int32_t* known;   // per session
};

constexpr std::uint32_t kTied = 0x80000000u;

// packed: the sorted keys of forward's scored sessions, see ranking.cpp. forward: all sessions; rows: the scored ones.
void rank_forward(const float* forward, const std::int64_t* rows, Index scored, Index names, std::uint32_t* packed,
                  ForwardRanks out);

// The keys of the sessions `rows` of x, without the names whose return is missing.
void pack_pairs(const float* x, const std::int64_t* rows, Index scored, Index names, const float* twice,
                std::uint32_t* packed, std::int32_t* known);

// Spearman's correlation per scored session over the names that have both; NaN below min_names or where one is flat.
void rank_ic(const float* x, const std::int64_t* rows, Index scored, Index names, std::uint32_t* packed,
             const std::int32_t* known, ForwardRanks forward, Index min_names, double* out);

// Pearson's correlation, the same way.
void pearson_ic(const float* x, const float* forward, const std::int64_t* rows, Index scored, Index names,
                Index min_names, double* out);

}  // namespace lode

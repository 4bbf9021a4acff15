#include "scoring.h"

#include <cmath>

#include "ranks.h"
#include "row_sums.h"

namespace lode {
namespace {

// Ranks here are doubled and count from 0, so that they are whole numbers and every sum of products is exact.
double sum_of_squares(double n) { return 4.0 * ((n - 1.0) * n * (2.0 * n - 1.0) / 6.0); }
double around_mean(double sum, double n) { return sum - n * (n - 1.0) * (n - 1.0); }

struct Ranked {
    const float* twice;  // by name
    double squares;      // sum of the squared doubled ranks
};

// Ranks of the returns over the names that x knows: one pass through their order.
class OwnPairs {
   public:
    explicit OwnPairs(Index names) : twice_(static_cast<std::size_t>(names)) {}

    Ranked rank(const float* x, const std::uint32_t* order, const float* twice, Index n) {
        double squares = 0.0;
        Index below = 0;
        for (Index first = 0; first < n;) {
            Index end = first, equal = 0;
            while (end < n && twice[order[end]] == twice[order[first]]) equal += known(x[order[end++]]);
            const float rank = static_cast<float>(2 * below + equal - 1);
            for (Index i = first; i < end; ++i) twice_[order[i]] = rank;
            squares += static_cast<double>(equal) * rank * rank;
            below += equal;
            first = end;
        }
        return {twice_.data(), squares};
    }

   private:
    std::vector<float> twice_;
};

// Sum of products of x's ranks and the returns'; `squares` receives x's own sum of squares.
double products(const Order& order, const float* twice, Index n, double& squares) {
    const std::uint32_t* LODE_RESTRICT column = order.column.data();
    if (!order.tied) {
        squares = sum_of_squares(static_cast<double>(n));
        return row_sum(n, [=](Index i) { return static_cast<double>(2 * i) * twice[column[i]]; });
    }
    double total = 0.0;
    squares = 0.0;
    order.for_each_tie([&](Index first, Index end) {
        const double rank = static_cast<double>(first + end - 1);
        double run = 0.0;
        for (Index i = first; i < end; ++i) run += twice[column[i]];
        total += rank * run;
        squares += rank * rank * static_cast<double>(end - first);
    });
    return total;
}

double correlation(double xy, double xx, double yy) {
    return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : static_cast<double>(kNaN);
}

}  // namespace

void rank_forward(const float* forward, const std::int64_t* rows, Index scored, Index names,
                  const std::uint32_t* packed, ForwardRanks out) {
    Order order(names);
    for (Index s = 0; s < scored; ++s) {
        const Index n = out.known[s];
        order.read(packed + s * names, forward + rows[s] * names, n);
        std::copy(order.column.begin(), order.column.begin() + n, out.order + s * names);
        float* twice = out.twice + s * names;
        std::fill(twice, twice + names, -1.0f);
        order.for_each_tie([&](Index first, Index end) {
            for (Index i = first; i < end; ++i) twice[order.column[i]] = static_cast<float>(first + end - 1);
        });
    }
}

void pack_pairs(const float* x, const std::int64_t* rows, Index scored, Index names, const float* twice,
                std::uint32_t* packed, std::int32_t* known) {
    const Packing packing(names);
    for (Index s = 0; s < scored; ++s) {
        const float* LODE_RESTRICT paired = twice + s * names;
        known[s] = packing.pack(x + rows[s] * names, packed + s * names, [=](Index i) { return paired[i] >= 0.0f; });
    }
}

void rank_ic(const float* x, const std::int64_t* rows, Index scored, Index names, const std::uint32_t* packed,
             const std::int32_t* known, ForwardRanks forward, Index min_names, double* out) {
    Order order(names);
    OwnPairs own(names);
    for (Index s = 0; s < scored; ++s) {
        const Index n = known[s];
        if (n < min_names || n < 2) {
            out[s] = kNaN;
            continue;
        }
        const float* row = x + rows[s] * names;
        order.read(packed + s * names, row, n);
        const Ranked returns = own.rank(row, forward.order + s * names, forward.twice + s * names, forward.known[s]);
        double squares;
        const double xy = products(order, returns.twice, n, squares);
        const double count = static_cast<double>(n);
        out[s] = correlation(around_mean(xy, count), around_mean(squares, count), around_mean(returns.squares, count));
    }
}

void pearson_ic(const float* x, const float* forward, const std::int64_t* rows, Index scored, Index names,
                Index min_names, double* out) {
    for (Index s = 0; s < scored; ++s) {
        const float* LODE_RESTRICT a = x + rows[s] * names;
        const float* LODE_RESTRICT b = forward + rows[s] * names;
        const auto pair = [=](Index i) { return known(a[i]) & known(b[i]); };
        const double n = row_sum(names, [=](Index i) { return pair(i) ? 1.0 : 0.0; });
        const double mean_a = row_sum(names, [=](Index i) { return pair(i) ? static_cast<double>(a[i]) : 0.0; }) / n;
        const double mean_b = row_sum(names, [=](Index i) { return pair(i) ? static_cast<double>(b[i]) : 0.0; }) / n;
        const auto from_a = [=](Index i) { return pair(i) ? static_cast<double>(a[i]) - mean_a : 0.0; };
        const auto from_b = [=](Index i) { return pair(i) ? static_cast<double>(b[i]) - mean_b : 0.0; };
        const double xy = row_sum(names, [=](Index i) { return from_a(i) * from_b(i); });
        const double xx = row_sum(names, [=](Index i) { return from_a(i) * from_a(i); });
        const double yy = row_sum(names, [=](Index i) { return from_b(i) * from_b(i); });
        out[s] = n >= static_cast<double>(min_names) ? correlation(xy, xx, yy) : static_cast<double>(kNaN);
    }
}

}  // namespace lode

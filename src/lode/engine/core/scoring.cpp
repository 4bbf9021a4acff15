// Ranks here are doubled and count from 0, so that they are whole numbers and every sum of products is exact.
#include "scoring.h"

#include <cmath>

#include "ranks.h"
#include "row_sums.h"

namespace lode {
namespace {

// Sum of squares around the mean of n doubled ranks without ties, and what a tie of m takes from it.
double untied_spread(Index n) {
    const double names = static_cast<double>(n);
    return (names * names * names - names) / 3.0;
}

double correlation(double xy, double xx, double yy) {
    return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : static_cast<double>(kNaN);
}

// Ranks of the returns over the names that x knows: one pass through their order, and another for ties.
class OwnPairs {
   public:
    explicit OwnPairs(Index names) : twice_(static_cast<std::size_t>(names)), below_(twice_.size() + 1) {}

    const float* twice() const { return twice_.data(); }

    // Returns the sum of squares around the mean.
    double rank(const float* x, const std::uint32_t* order, Index n) {
        std::int32_t below = 0;
        std::uint32_t tied = 0;
        for (Index i = 0; i < n; ++i) {
            const std::uint32_t name = order[i] & ~kTied;
            below_[static_cast<std::size_t>(i)] = below;
            twice_[name] = static_cast<float>(2 * below);
            below += known(x[name]);
            tied |= order[i];
        }
        below_[static_cast<std::size_t>(n)] = below;
        return untied_spread(below) - (tied & kTied ? share_ties(order, n) : 0.0);
    }

   private:
    double share_ties(const std::uint32_t* order, Index n) {
        double lost = 0.0;
        for (Index i = 1; i < n; ++i) {
            if (!(order[i] & kTied)) continue;
            const Index first = i - 1;
            while (i < n && order[i] & kTied) ++i;
            const std::int32_t low = below_[static_cast<std::size_t>(first)], high = below_[static_cast<std::size_t>(i)];
            for (Index j = first; j < i; ++j) twice_[order[j] & ~kTied] = static_cast<float>(low + high - 1);
            lost += untied_spread(high - low);
        }
        return lost;
    }

    std::vector<float> twice_;
    std::vector<std::int32_t> below_;
};

// A session's names by value, from keys that are sorted already, and of them those that have a return: keys of one
// factor serve any number of forward returns.
class Paired {
   public:
    explicit Paired(Index names) : names_(names), keys_(static_cast<std::size_t>(names)) {}

    // Returns how many there are; `packed` then points at their keys, still sorted.
    Index keep(std::uint32_t*& packed, Index known, const float* x, const float* twice, std::uint32_t mask) {
        std::int32_t both = 0;
        for (Index i = 0; i < names_; ++i) both += (magnitude(x[i]) <= kLargest) & (twice[i] >= 0.0f);
        if (both == known) return known;
        Index n = 0;
        for (Index i = 0; i < known; ++i) {
            keys_[static_cast<std::size_t>(n)] = packed[i];
            n += twice[packed[i] & mask] >= 0.0f;
        }
        packed = keys_.data();
        return n;
    }

   private:
    Index names_;
    std::vector<std::uint32_t> keys_;
};

// Sum of products of x's ranks and the returns' around their means; `spread` receives x's own sum of squares.
double products(const Order& order, const float* twice, Index n, double& spread) {
    const auto alone = [&](Index first, Index end) {
        return row_sum(end - first, [&](Index i) {
            return static_cast<double>(2 * (first + i)) * static_cast<double>(twice[order.column(first + i)]);
        });
    };
    const auto sum = [&](Index first, Index end) {
        return row_sum(end - first, [&](Index i) { return static_cast<double>(twice[order.column(first + i)]); });
    };
    double total = 0.0;
    Index next = 0;
    spread = untied_spread(n);
    for (const Tie& tie : order.ties) {
        total += alone(next, tie.first) + static_cast<double>(tie.first + tie.end - 1) * sum(tie.first, tie.end);
        spread -= untied_spread(tie.end - tie.first);
        next = tie.end;
    }
    total += alone(next, n);
    const double names = static_cast<double>(n);
    return total - names * (names - 1.0) * (names - 1.0);
}

}  // namespace

void rank_forward(const float* forward, const std::int64_t* rows, Index scored, Index names, std::uint32_t* packed,
                  ForwardRanks out) {
    Order order(names);
    for (Index s = 0; s < scored; ++s) {
        const Index n = out.known[s];
        std::uint32_t* place = out.order + s * names;
        float* twice = out.twice + s * names;
        order.read(packed + s * names, forward + rows[s] * names, n);
        std::fill(twice, twice + names, -1.0f);
        out.spread[s] = untied_spread(n);
        for (Index i = 0; i < n; ++i) {
            place[i] = order.column(i);
            twice[place[i]] = static_cast<float>(2 * i);
        }
        for (const Tie& tie : order.ties) {
            for (Index i = tie.first; i < tie.end; ++i) twice[place[i]] = static_cast<float>(tie.first + tie.end - 1);
            for (Index i = tie.first + 1; i < tie.end; ++i) place[i] |= kTied;
            out.spread[s] -= untied_spread(tie.end - tie.first);
        }
    }
}

void pack_pairs(const float* x, const std::int64_t* rows, Index scored, Index names, const float* twice,
                std::uint32_t* packed, std::int32_t* known) {
    const Packing packing(names);
    for (Index s = 0; s < scored; ++s)
        known[s] = packing.pack(x + rows[s] * names, twice + s * names, packed + s * names);
}

void rank_ic(const float* x, const std::int64_t* rows, Index scored, Index names, std::uint32_t* packed,
             const std::int32_t* known, ForwardRanks forward, Index min_names, double* out) {
    Order order(names);
    OwnPairs own(names);
    Paired paired(names);
    const std::uint32_t mask = (std::uint32_t{1} << Packing(names).column_bits()) - 1;
    for (Index s = 0; s < scored; ++s) {
        std::uint32_t* keys = packed + s * names;
        const float* row = x + rows[s] * names;
        const Index n = paired.keep(keys, known[s], row, forward.twice + s * names, mask);
        out[s] = kNaN;
        if (n < min_names || n < 2) continue;
        order.read(keys, row, n);
        const bool all = n == forward.known[s];
        const double spread = all ? forward.spread[s] : own.rank(row, forward.order + s * names, forward.known[s]);
        double factor_spread;
        const double xy = products(order, all ? forward.twice + s * names : own.twice(), n, factor_spread);
        out[s] = correlation(xy, factor_spread, spread);
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

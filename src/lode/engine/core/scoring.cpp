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

// Ranks of the returns over the names that x knows, by number: one pass through their order, and another for ties.
class OwnPairs {
   public:
    explicit OwnPairs(Index names) : twice_(static_cast<std::size_t>(names)), below_(twice_.size() + 1) {}

    const std::int32_t* twice() const { return twice_.data(); }

    // Returns the sum of squares around the mean.
    double rank(const float* x, const std::uint32_t* named, const std::uint32_t* order, Index n) {
        std::int32_t below = 0;
        std::uint32_t tied = 0;
        for (Index i = 0; i < n; ++i) {
            const std::uint32_t number = order[i] & ~kTied;
            below_[static_cast<std::size_t>(i)] = below;
            twice_[number] = 2 * below;
            below += known(x[named[number]]);
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
            for (Index j = first; j < i; ++j) twice_[order[j] & ~kTied] = low + high - 1;
            lost += untied_spread(high - low);
        }
        return lost;
    }

    std::vector<std::int32_t> twice_, below_;
};

// Sum of squares of n doubled ranks around their mean.
double spread_of(const std::uint32_t* ranks, Index n) {
    std::uint64_t squares = 0;
    for (Index i = 0; i < n; ++i) squares += static_cast<std::uint64_t>(ranks[i]) * ranks[i];
    const double names = static_cast<double>(n);
    return static_cast<double>(squares) - names * (names - 1.0) * (names - 1.0);
}

// Sum of products of x's doubled ranks, by place, and the numbers there.
std::uint64_t product_with_numbers(const Order& order, const std::uint32_t* ranks, Index n) {
    std::uint64_t total = 0;
    for (Index i = 0; i < n; ++i) total += static_cast<std::uint64_t>(ranks[i]) * order.number(i);
    return total;
}

// The same with what is in `twice` for each number. One name after the other: gathering lanes takes longer.
std::uint64_t product_with_ranks(const Order& order, const std::uint32_t* ranks, const std::int32_t* twice, Index n) {
    std::uint64_t even = 0, odd = 0;
    const auto product = [&](Index i) {
        return static_cast<std::uint64_t>(ranks[i]) * static_cast<std::uint32_t>(twice[order.number(i)]);
    };
    for (Index i = 0; i + 2 <= n; i += 2) {
        even += product(i);
        odd += product(i + 1);
    }
    return even + odd + (n % 2 ? product(n - 1) : 0);
}

// The horizons of one session, from one ranking of its values.
class SessionScorer {
   public:
    SessionScorer(Scored scored, ForwardRanks forward, Index min_names)
        : scored_(scored), forward_(forward), min_names_(min_names), order_(scored.names), own_(scored.names) {}

    void score(const float* x, Index session, double* out, std::int32_t* pairs) {
        const Index first = session * scored_.names;
        // Over several horizons a name may miss one return and have another.
        const bool alone = scored_.horizons == 1;
        const auto limit = static_cast<std::uint32_t>(alone ? forward_.known[session] : scored_.names);
        const float* row = x + scored_.rows[session] * scored_.names;
        Index n = order_.sort(row, {forward_.number + first, limit}, forward_.named + first);
        for (Index horizon = 0; horizon < scored_.horizons; ++horizon) {
            if (!alone) n = kept(horizon, session);
            pairs[scored_.at(horizon, session)] = static_cast<std::int32_t>(n);
            out[scored_.at(horizon, session)] = n < min_names_ || n < 2 ? kNaN : correlated(row, n, horizon, session);
        }
    }

   private:
    // The names that have a return over the horizon.
    Index kept(Index horizon, Index session) {
        const std::int32_t* twice = forward_.twice + scored_.at(horizon, session) * scored_.names;
        return order_.restrict_to([twice](std::uint32_t number) { return twice[number] >= 0; });
    }

    double correlated(const float* x, Index n, Index horizon, Index session) {
        const Index at = scored_.at(horizon, session), first = session * scored_.names;
        const Index known = forward_.known[at];
        const std::int32_t* twice = forward_.twice + at * scored_.names;
        double spread = forward_.spread[at];
        const std::uint32_t* ranks = order_.ranks();
        const double own_spread = spread_of(ranks, n);
        double total;
        if (n == known && horizon == 0 && spread == untied_spread(known)) {
            total = 2.0 * static_cast<double>(product_with_numbers(order_, ranks, n));
        } else {
            if (n < known) {
                spread = own_.rank(x, forward_.named + first, forward_.order + at * scored_.names, known);
                twice = own_.twice();
            }
            total = static_cast<double>(product_with_ranks(order_, ranks, twice, n));
        }
        const double names = static_cast<double>(n);
        return correlation(total - names * (names - 1.0) * (names - 1.0), own_spread, spread);
    }

    Scored scored_;
    ForwardRanks forward_;
    Index min_names_;
    Order order_;
    OwnPairs own_;
};

}  // namespace

void number_names(const float* forward, Scored scored, ForwardRanks out) {
    Order order(scored.names);
    for (Index s = 0; s < scored.sessions; ++s) {
        std::uint32_t* number = out.number + s * scored.names;
        std::uint32_t* named = out.named + s * scored.names;
        const Index n = order.sort(forward + scored.rows[s] * scored.names);
        std::fill(number, number + scored.names, ~0u);
        for (Index i = 0; i < n; ++i) number[named[i] = order.number(i)] = static_cast<std::uint32_t>(i);
        Index last = n;
        for (Index name = 0; name < scored.names; ++name) {
            if (number[name] != ~0u) continue;
            named[last] = static_cast<std::uint32_t>(name);
            number[name] = static_cast<std::uint32_t>(last++);
        }
    }
}

void rank_forward(const float* forward, Index horizon, Scored scored, ForwardRanks out) {
    Order order(scored.names);
    for (Index s = 0; s < scored.sessions; ++s) {
        const Index at = scored.at(horizon, s), first = s * scored.names;
        std::uint32_t* place = out.order + at * scored.names;
        std::int32_t* twice = out.twice + at * scored.names;
        const Index n = order.sort(forward + scored.rows[s] * scored.names, {out.number + first}, out.named + first);
        std::fill(twice, twice + scored.names, -1);
        std::fill(place, place + scored.names, 0u);
        out.known[at] = static_cast<std::int32_t>(n);
        out.spread[at] = untied_spread(n);
        for (Index i = 0; i < n; ++i) {
            place[i] = order.number(i);
            twice[place[i]] = static_cast<std::int32_t>(2 * i);
        }
        for (const Tie& tie : order.ties()) {
            for (Index i = tie.first; i < tie.end; ++i) twice[place[i]] = static_cast<std::int32_t>(tie.first + tie.end - 1);
            for (Index i = tie.first + 1; i < tie.end; ++i) place[i] |= kTied;
            out.spread[at] -= untied_spread(tie.end - tie.first);
        }
    }
}

void rank_ic(const float* x, Scored scored, ForwardRanks forward, Index min_names, double* out, std::int32_t* pairs) {
    SessionScorer scorer(scored, forward, min_names);
    for (Index s = 0; s < scored.sessions; ++s) scorer.score(x, s, out, pairs);
}

void pearson_ic(const float* x, const float* forward, Scored scored, Index min_names, double* out) {
    for (Index s = 0; s < scored.sessions; ++s) {
        const Index names = scored.names;
        const float* LODE_RESTRICT a = x + scored.rows[s] * names;
        const float* LODE_RESTRICT b = forward + scored.rows[s] * names;
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

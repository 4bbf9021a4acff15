// Ranks of each session's names.
#include <algorithm>

#include "kernels.h"
#include "ranks.h"

namespace lode {
namespace {

// Twice the average rank, counted from 0, as a share of its largest value.
float share(std::int32_t twice, Index n) {
    return n > 1 ? static_cast<float>(twice) / (2.0f * static_cast<float>(n - 1)) : 0.5f;
}

// A session's labels and, per group, how many names it has in all and how many have been ranked.
class Ranked {
   public:
    explicit Ranked(std::int32_t groups) : size(count(groups)), below(count(groups)), equal(count(groups)) {}

    void start() {
        std::fill(size.begin(), size.end(), 0);
        std::fill(below.begin(), below.end(), 0);
    }

    static std::size_t count(std::int32_t groups) { return static_cast<std::size_t>(groups); }
    std::vector<Index> size, below, equal;
};

}  // namespace

void rank(const float* x, float* out, Shape shape) {
    Order order(shape.names);
    std::vector<float> shares(static_cast<std::size_t>(shape.names));
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = order.sort(x + t * shape.names);
        float* result = out + t * shape.names;
        if (n < shape.names) std::fill(result, result + shape.names, kNaN);
        const std::uint32_t* ranks = order.ranks();
        for (Index i = 0; i < n; ++i) shares[static_cast<std::size_t>(i)] = share(static_cast<std::int32_t>(ranks[i]), n);
        for (Index i = 0; i < n; ++i) result[order.number(i)] = shares[static_cast<std::size_t>(i)];
    }
}

void group_rank(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    Order order(shape.names);
    Ranked ranked(groups);
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = order.sort(x + t * shape.names);
        const std::int32_t* here = label + t * shape.names;
        float* result = out + t * shape.names;
        const auto labelled = [&](std::uint32_t name) { return here[name] >= 0 && here[name] < groups; };
        const auto group = [&](std::uint32_t name) { return static_cast<std::size_t>(here[name]); };
        std::fill(result, result + shape.names, kNaN);
        ranked.start();
        for (Index i = 0; i < n; ++i)
            if (labelled(order.number(i))) ++ranked.size[group(order.number(i))];
        // Equal values of one group need not stand side by side among those of others: count them first.
        const auto place = [&](Index first, Index end) {
            for (Index i = first; i < end; ++i)
                if (labelled(order.number(i))) ranked.equal[group(order.number(i))] = 0;
            for (Index i = first; i < end; ++i)
                if (labelled(order.number(i))) ++ranked.equal[group(order.number(i))];
            for (Index i = first; i < end; ++i) {
                const std::uint32_t name = order.number(i);
                if (!labelled(name)) continue;
                const std::size_t g = group(name);
                result[name] = share(static_cast<std::int32_t>(2 * ranked.below[g] + ranked.equal[g] - 1), ranked.size[g]);
            }
            for (Index i = first; i < end; ++i) {
                if (!labelled(order.number(i))) continue;
                const std::size_t g = group(order.number(i));
                ranked.below[g] += ranked.equal[g];
                ranked.equal[g] = 0;
            }
        };
        Index next = 0;
        for (const Tie& tie : order.ties()) {
            for (; next < tie.first; ++next) place(next, next + 1);
            place(tie.first, next = tie.end);
        }
        for (; next < n; ++next) place(next, next + 1);
    }
}

}  // namespace lode

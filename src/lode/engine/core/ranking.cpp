// Ranks of each session's names.
//
// The caller sorts the keys between `pack` and `rank`, with numpy's vectorised sort. What the bits that a key has no
// room for left undecided is put right in the scan, against the floats themselves, so that the ranks are exact.
#include <algorithm>

#include "kernels.h"
#include "ranks.h"

namespace lode {
namespace {

// Twice the average rank, counted from 0, as a share of its largest value.
float share(Index twice, Index n) {
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

void pack(const float* x, std::uint32_t* packed, std::int32_t* known, Shape shape) {
    const Packing packing(shape.names);
    for (Index t = 0; t < shape.sessions; ++t)
        known[t] = packing.pack(x + t * shape.names, nullptr, packed + t * shape.names);
}

void rank(const float* x, std::uint32_t* packed, const std::int32_t* known, float* out, Shape shape) {
    Order order(shape.names);
    std::vector<float> shares(static_cast<std::size_t>(shape.names));
    Index shares_of = -1;
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = known[t];
        float* result = out + t * shape.names;
        if (n < shape.names) std::fill(result, result + shape.names, kNaN);
        if (n != shares_of) {
            shares_of = n;
            for (Index i = 0; i < n; ++i) shares[static_cast<std::size_t>(i)] = share(2 * i, n);
        }
        order.read(packed + t * shape.names, x + t * shape.names, n);
        for (Index i = 0; i < n; ++i) result[order.column(i)] = shares[static_cast<std::size_t>(i)];
        for (const Tie& tie : order.ties) {
            const float average = share(tie.first + tie.end - 1, n);
            for (Index i = tie.first; i < tie.end; ++i) result[order.column(i)] = average;
        }
    }
}

void group_rank(const float* x, const std::int32_t* label, std::uint32_t* packed, const std::int32_t* known,
                float* out, Shape shape, std::int32_t groups) {
    Order order(shape.names);
    Ranked ranked(groups);
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = known[t];
        const std::int32_t* here = label + t * shape.names;
        float* result = out + t * shape.names;
        const auto labelled = [&](std::uint32_t name) { return here[name] >= 0 && here[name] < groups; };
        const auto group = [&](std::uint32_t name) { return static_cast<std::size_t>(here[name]); };
        std::fill(result, result + shape.names, kNaN);
        ranked.start();
        order.read(packed + t * shape.names, x + t * shape.names, n);
        for (Index i = 0; i < n; ++i)
            if (labelled(order.column(i))) ++ranked.size[group(order.column(i))];
        // Equal values of one group need not stand side by side among those of others: count them first.
        const auto place = [&](Index first, Index end) {
            for (Index i = first; i < end; ++i)
                if (labelled(order.column(i))) ranked.equal[group(order.column(i))] = 0;
            for (Index i = first; i < end; ++i)
                if (labelled(order.column(i))) ++ranked.equal[group(order.column(i))];
            for (Index i = first; i < end; ++i) {
                const std::uint32_t name = order.column(i);
                if (!labelled(name)) continue;
                const std::size_t g = group(name);
                result[name] = share(2 * ranked.below[g] + ranked.equal[g] - 1, ranked.size[g]);
            }
            for (Index i = first; i < end; ++i) {
                if (!labelled(order.column(i))) continue;
                const std::size_t g = group(order.column(i));
                ranked.below[g] += ranked.equal[g];
                ranked.equal[g] = 0;
            }
        };
        Index next = 0;
        for (const Tie& tie : order.ties) {
            for (; next < tie.first; ++next) place(next, next + 1);
            place(tie.first, next = tie.end);
        }
        for (; next < n; ++next) place(next, next + 1);
    }
}

}  // namespace lode

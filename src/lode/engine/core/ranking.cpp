// Ranks of each session's names.
//
// A session's values become 32-bit keys: as much of the order-preserving float bits as fits in front of the column
// number, counted from the session's smallest value so that the bits are spent where the values are. The caller sorts
// the keys (numpy's vectorised sort); what the dropped bits left undecided is put right here, against the floats
// themselves, so that the ranks are exact.
#include <algorithm>

#include "kernels.h"
#include "ranks.h"

namespace lode {

void pack(const float* x, std::uint32_t* packed, std::int32_t* known, Shape shape) {
    const Packing packing(shape.names);
    for (Index t = 0; t < shape.sessions; ++t)
        known[t] = packing.pack(x + t * shape.names, packed + t * shape.names, [](Index) { return true; });
}

void rank(const float* x, const std::uint32_t* packed, const std::int32_t* known, float* out, Shape shape) {
    Order order(shape.names);
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = known[t];
        float* LODE_RESTRICT result = out + t * shape.names;
        if (n < shape.names) std::fill(result, result + shape.names, kNaN);
        order.read(packed + t * shape.names, x + t * shape.names, n);
        if (n == 1) {
            result[order.column[0]] = 0.5f;
            continue;
        }
        const float steps = 2.0f * static_cast<float>(n - 1);
        if (!order.tied) {
            for (Index i = 0; i < n; ++i) result[order.column[i]] = static_cast<float>(2 * i) / steps;
            continue;
        }
        order.for_each_tie([&](Index first, Index end) {
            const float share = static_cast<float>(first + end - 1) / steps;
            for (Index i = first; i < end; ++i) result[order.column[i]] = share;
        });
    }
}

void group_rank(const float* x, const std::int32_t* label, const std::uint32_t* packed, const std::int32_t* known,
                float* out, Shape shape, std::int32_t groups) {
    Order order(shape.names);
    const std::size_t count = static_cast<std::size_t>(groups);
    std::vector<Index> size(count), below(count), equal(count);
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index n = known[t];
        const std::int32_t* here = label + t * shape.names;
        float* result = out + t * shape.names;
        std::fill(result, result + shape.names, kNaN);
        std::fill(size.begin(), size.end(), 0);
        std::fill(below.begin(), below.end(), 0);
        order.read(packed + t * shape.names, x + t * shape.names, n);
        const auto group = [&](Index i) { return here[order.column[i]]; };
        const auto labelled = [&](Index i) { return group(i) >= 0 && group(i) < groups; };
        for (Index i = 0; i < n; ++i)
            if (labelled(i)) ++size[group(i)];
        order.for_each_tie([&](Index first, Index end) {
            for (Index i = first; i < end; ++i)
                if (labelled(i)) equal[group(i)] = 0;
            for (Index i = first; i < end; ++i)
                if (labelled(i)) ++equal[group(i)];
            for (Index i = first; i < end; ++i) {
                if (!labelled(i)) continue;
                const Index g = group(i);
                const float steps = 2.0f * static_cast<float>(size[g] - 1);
                const float twice = static_cast<float>(2 * below[g] + equal[g] - 1);
                result[order.column[i]] = size[g] > 1 ? twice / steps : 0.5f;
            }
            for (Index i = first; i < end; ++i)
                if (labelled(i)) below[group(i)] += equal[group(i)], equal[group(i)] = 0;
        });
    }
}

}  // namespace lode

// Each session's names against the others of their group. A name without a label is missing.
#include <cmath>
#include <vector>

#include "kernels.h"
#include "row_sums.h"

namespace lode {
namespace {

// Sums by group; the last place takes what is missing or unlabelled, so that the loops need no branch.
class Groups {
   public:
    explicit Groups(std::int32_t groups)
        : groups_(static_cast<std::uint32_t>(groups)), count(groups_ + 1), mean(groups_ + 1), deviation(groups_ + 1) {}

    std::uint32_t place(float x, std::int32_t label) const {
        const std::uint32_t group = static_cast<std::uint32_t>(label);
        return (group < groups_) & known(x) ? group : groups_;
    }

    void means(const float* x, const std::int32_t* label, Index names) {
        std::fill(count.begin(), count.end(), 0.0);
        std::fill(mean.begin(), mean.end(), 0.0);
        for (Index i = 0; i < names; ++i) {
            const std::uint32_t group = place(x[i], label[i]);
            count[group] += 1.0;
            mean[group] += static_cast<double>(x[i]);
        }
        for (std::uint32_t g = 0; g < groups_; ++g) mean[g] /= count[g];
        mean[groups_] = kNaN;
    }

    // Sample standard deviations, two passes; NaN for a group of one.
    void deviations(const float* x, const std::int32_t* label, Index names) {
        std::fill(deviation.begin(), deviation.end(), 0.0);
        for (Index i = 0; i < names; ++i) {
            const std::uint32_t group = place(x[i], label[i]);
            const double distance = static_cast<double>(x[i]) - mean[group];
            deviation[group] += distance * distance;
        }
        for (std::uint32_t g = 0; g < groups_; ++g)
            deviation[g] = count[g] > 1.0 ? std::sqrt(deviation[g] / (count[g] - 1.0)) : kNaN;
        deviation[groups_] = kNaN;
    }

   private:
    std::uint32_t groups_;

   public:
    std::vector<double> count, mean, deviation;
};

}  // namespace

void group_mean(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    Groups sums(groups);
    for (Index t = 0; t < shape.sessions; ++t, x += shape.names, label += shape.names, out += shape.names) {
        sums.means(x, label, shape.names);
        for (Index i = 0; i < shape.names; ++i) out[i] = finite(sums.mean[sums.place(x[i], label[i])]);
    }
}

void group_neutralize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    Groups sums(groups);
    for (Index t = 0; t < shape.sessions; ++t, x += shape.names, label += shape.names, out += shape.names) {
        sums.means(x, label, shape.names);
        for (Index i = 0; i < shape.names; ++i)
            out[i] = finite(static_cast<double>(x[i]) - sums.mean[sums.place(x[i], label[i])]);
    }
}

void group_zscore(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    Groups sums(groups);
    for (Index t = 0; t < shape.sessions; ++t, x += shape.names, label += shape.names, out += shape.names) {
        sums.means(x, label, shape.names);
        sums.deviations(x, label, shape.names);
        for (Index i = 0; i < shape.names; ++i) {
            const std::uint32_t group = sums.place(x[i], label[i]);
            out[i] = finite((static_cast<double>(x[i]) - sums.mean[group]) / sums.deviation[group]);
        }
    }
}

}  // namespace lode

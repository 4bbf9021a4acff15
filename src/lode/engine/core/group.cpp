// Each session's names against the others of their group. A name without a label is missing.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "row_sums.h"

namespace lode {
namespace {

// A session's sums by group. The last place takes what is missing or unlabelled, so that the loops need no branch, and
// neighbouring names add to different banks, so that no sum waits for the one before.
class Groups {
   public:
    Groups(Index names, std::int32_t groups)
        : places_(static_cast<std::uint32_t>(groups)), place_(static_cast<std::size_t>(names)),
          banks_(BANKS * (static_cast<std::size_t>(groups) + 1)), mean_(static_cast<std::size_t>(groups) + 1),
          deviation_(mean_.size()) {}

    double mean(Index name) const { return mean_[place(name)]; }
    double deviation(Index name) const { return deviation_[place(name)]; }

    void means(const float* LODE_RESTRICT x, const std::int32_t* LODE_RESTRICT label, Index names) {
        std::uint32_t* LODE_RESTRICT where = place_.data();
        for (Index i = 0; i < names; ++i) {
            const std::uint32_t group = static_cast<std::uint32_t>(label[i]);
            const bool counted = (group < places_) & known(x[i]);
            where[i] = counted ? group : places_;
        }
        add(names, [x](Index i) { return static_cast<double>(x[i]); });
        for (std::size_t g = 0; g < places_; ++g) mean_[g] = total(g).sum / total(g).count;
        mean_[places_] = kNaN;
    }

    // Sample standard deviations, a second pass; NaN for a group of one.
    void deviations(const float* x, Index names) {
        add(names, [this, x](Index i) {
            const double distance = static_cast<double>(x[i]) - mean(i);
            return distance * distance;
        });
        for (std::size_t g = 0; g < places_; ++g) {
            const Sum squares = total(g);
            deviation_[g] = squares.count > 1.0 ? std::sqrt(squares.sum / (squares.count - 1.0)) : kNaN;
        }
        deviation_[places_] = kNaN;
    }

   private:
    struct Sum {
        double sum, count;
    };
    static constexpr std::size_t BANKS = 4;

    std::size_t place(Index name) const { return place_[static_cast<std::size_t>(name)]; }

    template <class Value>
    void add(Index names, Value value) {
        std::fill(banks_.begin(), banks_.end(), Sum{0.0, 0.0});
        const std::size_t stride = places_ + 1;
        for (Index i = 0; i < names; ++i) {
            Sum& bank = banks_[(static_cast<std::size_t>(i) % BANKS) * stride + place(i)];
            bank.sum += value(i);
            bank.count += 1.0;
        }
    }

    Sum total(std::size_t group) const {
        const std::size_t stride = places_ + 1;
        const Sum &a = banks_[group], &b = banks_[stride + group], &c = banks_[2 * stride + group],
                  &d = banks_[3 * stride + group];
        return {(a.sum + b.sum) + (c.sum + d.sum), (a.count + b.count) + (c.count + d.count)};
    }

    std::uint32_t places_;
    std::vector<std::uint32_t> place_;
    std::vector<Sum> banks_;
    std::vector<double> mean_, deviation_;
};

template <class Body>
void for_each_session(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups,
                      Body body) {
    Groups sums(shape.names, groups);
    for (Index t = 0; t < shape.sessions; ++t, x += shape.names, label += shape.names, out += shape.names) {
        sums.means(x, label, shape.names);
        body(sums, x, out);
    }
}

}  // namespace

void group_mean(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](const Groups& sums, const float*, float* result) {
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.mean(i));
    });
}

void group_neutralize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](const Groups& sums, const float* row, float* result) {
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(static_cast<double>(row[i]) - sums.mean(i));
    });
}

void group_zscore(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.deviations(row, shape.names);
        for (Index i = 0; i < shape.names; ++i)
            result[i] = finite((static_cast<double>(row[i]) - sums.mean(i)) / sums.deviation(i));
    });
}

}  // namespace lode

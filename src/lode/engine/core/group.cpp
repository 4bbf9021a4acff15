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
          deviation_(mean_.size()), sum_(mean_.size()), count_(mean_.size()) {}

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
        for (std::size_t g = 0; g < places_; ++g) {
            const Sum all = total(g);
            sum_[g] = all.sum;
            count_[g] = all.count;
            mean_[g] = all.sum / all.count;
        }
        mean_[places_] = sum_[places_] = count_[places_] = kNaN;
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

    double sum(Index name) const { return sum_[place(name)]; }
    double count(Index name) const { return count_[place(name)]; }
    bool counts(Index name) const { return place(name) < places_; }

    // Sums of |x| in the place of those of x.
    void magnitudes(const float* x, Index names) {
        add(names, [x](Index i) { return static_cast<double>(magnitude(x[i])); });
        for (std::size_t g = 0; g < places_; ++g) sum_[g] = total(g).sum;
    }

    // The smallest and the largest of each group, as sum and count are kept.
    void extremes(const float* x, Index names) {
        std::fill(sum_.begin(), sum_.end(), static_cast<double>(kInfinity));
        std::fill(count_.begin(), count_.end(), -static_cast<double>(kInfinity));
        for (Index i = 0; i < names; ++i) {
            const std::size_t g = place(i);
            const double value = static_cast<double>(x[i]);
            sum_[g] = value < sum_[g] ? value : sum_[g];
            count_[g] = value > count_[g] ? value : count_[g];
        }
        sum_[places_] = count_[places_] = kNaN;
    }
    double smallest(Index name) const { return sum_[place(name)]; }
    double largest(Index name) const { return count_[place(name)]; }
    std::size_t place(Index name) const { return place_[static_cast<std::size_t>(name)]; }

   private:
    struct Sum {
        double sum, count;
    };
    static constexpr std::size_t BANKS = 4;

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
    std::vector<double> mean_, deviation_, sum_, count_;
};

// Between neighbours in order, in proportion; NaN of nothing. Reorders the values.
float percentile(std::vector<float>& values, double fraction) {
    if (values.empty()) return kNaN;
    const double at = fraction * static_cast<double>(values.size() - 1);
    const std::size_t below = static_cast<std::size_t>(at);
    const auto place = values.begin() + static_cast<Index>(below);
    std::nth_element(values.begin(), place, values.end());
    const double low = static_cast<double>(*place), share = at - static_cast<double>(below);
    if (share <= 0.0) return *place + 0.0f;
    const double high = static_cast<double>(*std::min_element(place + 1, values.end()));
    return static_cast<float>(low + (high - low) * share);
}

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

void group_std_dev(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.deviations(row, shape.names);
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.deviation(i));
    });
}

void group_sum(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](const Groups& sums, const float*, float* result) {
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.sum(i));
    });
}

void group_count(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](const Groups& sums, const float*, float* result) {
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.count(i));
    });
}

void group_normalize(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.magnitudes(row, shape.names);
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(static_cast<double>(row[i]) / sums.sum(i));
    });
}

void group_min(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.extremes(row, shape.names);
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.smallest(i));
    });
}

void group_max(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.extremes(row, shape.names);
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(sums.largest(i));
    });
}

void group_scale(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups) {
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        sums.extremes(row, shape.names);
        for (Index i = 0; i < shape.names; ++i) {
            const double range = sums.largest(i) - sums.smallest(i);
            result[i] = finite((static_cast<double>(row[i]) - sums.smallest(i)) / range);
        }
    });
}

void group_percentage(const float* x, const std::int32_t* label, float* out, Shape shape, std::int32_t groups,
                      double fraction) {
    std::vector<std::vector<float>> members(static_cast<std::size_t>(groups) + 1);
    std::vector<float> found(members.size(), kNaN);
    for_each_session(x, label, out, shape, groups, [&](Groups& sums, const float* row, float* result) {
        for (auto& group : members) group.clear();
        for (Index i = 0; i < shape.names; ++i)
            if (sums.counts(i)) members[sums.place(i)].push_back(row[i]);
        for (std::size_t g = 0; g < members.size(); ++g) found[g] = percentile(members[g], fraction);
        for (Index i = 0; i < shape.names; ++i) result[i] = finite(found[sums.place(i)]);
    });
}

}  // namespace lode

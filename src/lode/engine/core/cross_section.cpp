// Each session's names against each other. Missing names stay missing and are left out of the session.
#include <cmath>

#include "kernels.h"
#include "row_sums.h"

namespace lode {
namespace {

double row_count(const float* x, Index n) {
    return row_sum(n, [x](Index i) { return known(x[i]) ? 1.0 : 0.0; });
}

double row_mean(const float* x, Index n, double count) {
    return row_sum(n, [x](Index i) { return known(x[i]) ? static_cast<double>(x[i]) : 0.0; }) / count;
}

// Sample standard deviation around the mean (two passes); NaN for fewer than two known names.
double row_deviation(const float* x, Index n, double count, double mean) {
    const double squares = row_sum(n, [x, mean](Index i) {
        const double distance = known(x[i]) ? static_cast<double>(x[i]) - mean : 0.0;
        return distance * distance;
    });
    return count > 1.0 ? std::sqrt(squares / (count - 1.0)) : kNaN;
}

template <class Body>
void for_each_session(const float* x, float* out, Shape shape, Body body) {
    for (Index t = 0; t < shape.sessions; ++t) body(x + t * shape.names, out + t * shape.names);
}

}  // namespace

void zscore(const float* x, float* out, Shape shape) {
    const Index n = shape.names;
    for_each_session(x, out, shape, [n](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        const double count = row_count(row, n), mean = row_mean(row, n, count);
        const double deviation = row_deviation(row, n, count, mean);
        for (Index i = 0; i < n; ++i) result[i] = finite((static_cast<double>(row[i]) - mean) / deviation);
    });
}

void normalize(const float* x, float* out, Shape shape) {
    const Index n = shape.names;
    for_each_session(x, out, shape, [n](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        const double mean = row_mean(row, n, row_count(row, n));
        for (Index i = 0; i < n; ++i) result[i] = finite(static_cast<double>(row[i]) - mean);
    });
}

void scale(const float* x, float* out, Shape shape) {
    const Index n = shape.names;
    for_each_session(x, out, shape, [n](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        const double total = row_sum(n, [row](Index i) {
            return known(row[i]) ? static_cast<double>(magnitude(row[i])) : 0.0;
        });
        for (Index i = 0; i < n; ++i) result[i] = finite(static_cast<double>(row[i]) / total);
    });
}

void winsorize(const float* x, float* out, Shape shape, double deviations) {
    const Index n = shape.names;
    for_each_session(x, out, shape, [n, deviations](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        const double count = row_count(row, n), mean = row_mean(row, n, count);
        const double margin = deviations * row_deviation(row, n, count, mean);
        const float low = static_cast<float>(mean - margin), high = static_cast<float>(mean + margin);
        for (Index i = 0; i < n; ++i) {
            const float raised = row[i] < low ? low : row[i];  // a lone name has no margin: it passes
            result[i] = finite(raised > high ? high : raised);
        }
    });
}

// The part of y that lies along x, with or without a constant, and what is left of y without it.
void cross_fit(Fit wanted, const float* y, const float* x, float* out, Shape shape) {
    const Index n = shape.names;
    const bool centred = wanted == Fit::regression_neut || wanted == Fit::regression_proj;
    const bool left = wanted == Fit::vector_neut || wanted == Fit::regression_neut;
    for (Index t = 0; t < shape.sessions; ++t, y += n, x += n, out += n) {
        const float* LODE_RESTRICT a = y;
        const float* LODE_RESTRICT b = x;
        float* LODE_RESTRICT result = out;
        const auto pair = [=](Index i) { return known(a[i]) & known(b[i]); };
        const double count = row_sum(n, [=](Index i) { return pair(i) ? 1.0 : 0.0; });
        const auto mean = [&](const float* v) {
            return row_sum(n, [=](Index i) { return pair(i) ? static_cast<double>(v[i]) : 0.0; }) / count;
        };
        const double y_mean = centred ? mean(a) : 0.0, x_mean = centred ? mean(b) : 0.0;
        const auto from_y = [=](Index i) { return pair(i) ? static_cast<double>(a[i]) - y_mean : 0.0; };
        const auto from_x = [=](Index i) { return pair(i) ? static_cast<double>(b[i]) - x_mean : 0.0; };
        const double xx = row_sum(n, [=](Index i) { return from_x(i) * from_x(i); });
        const double slope = row_sum(n, [=](Index i) { return from_x(i) * from_y(i); }) / xx;
        for (Index i = 0; i < n; ++i) {
            const double along = slope * from_x(i);
            result[i] = pair(i) ? finite(left ? from_y(i) - along : along + y_mean) : kNaN;
        }
    }
}

void truncate(const float* x, float* out, Shape shape, double share) {
    const Index n = shape.names;
    for_each_session(x, out, shape, [n, share](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        const float limit = static_cast<float>(share * row_sum(n, [row](Index i) {
            return known(row[i]) ? static_cast<double>(magnitude(row[i])) : 0.0;
        }));
        for (Index i = 0; i < n; ++i) {
            const float raised = row[i] < -limit ? -limit : row[i];
            result[i] = finite(raised > limit ? limit : raised);
        }
    });
}

void one_side(const float* x, float* out, Shape shape, double side) {
    const Index n = shape.names;
    const float sign = side < 0.0 ? -1.0f : 1.0f;
    for_each_session(x, out, shape, [n, sign](const float* LODE_RESTRICT row, float* LODE_RESTRICT result) {
        float least = kInfinity;
        for (Index i = 0; i < n; ++i) {
            const float value = known(row[i]) ? sign * row[i] : kInfinity;
            least = value < least ? value : least;
        }
        for (Index i = 0; i < n; ++i) result[i] = finite(row[i] - sign * least);
    });
}

}  // namespace lode

// Ranks as values of a distribution. A window or a day of n values has 2 n - 1 different ranks at most: a table of them.
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels.h"
#include "row_sums.h"

namespace lode {
namespace {

// Where a share of 0 to 1 lies under the normal curve: bisection, then Newton's steps on the complementary error
// function. A table is made once, so that this need not be fast.
double normal_quantile(double p) {
    if (p == 0.5) return 0.0;
    if (p > 0.5) return -normal_quantile(1.0 - p);
    double low = -40.0, high = 0.0;
    for (int step = 0; step < 60; ++step) {
        const double middle = 0.5 * (low + high);
        (0.5 * std::erfc(-middle * 0.70710678118654752440) < p ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

double value_at(Driver driver, double p) {
    if (driver == Driver::gaussian) return normal_quantile(p);
    if (driver == Driver::uniform) return p - 0.5;
    return p == 0.5 ? 0.0 : std::tan(3.14159265358979323846 * (p - 0.5));
}

// The value of each rank of n: place 2 (n - 1) r holds that of the rank r in [0, 1].
void fill_table(std::vector<float>& table, Driver driver, Index n, double sigma) {
    const double count = static_cast<double>(n), steps = 2.0 * (count - 1.0);
    table.resize(static_cast<std::size_t>(std::max<Index>(2 * n - 1, 1)));
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double rank = n > 1 ? static_cast<double>(i) / steps : 0.5;
        table[i] = finite(sigma * value_at(driver, 1.0 / count + rank * (1.0 - 2.0 / count)));
    }
}

void look_up(const float* LODE_RESTRICT ranks, float* LODE_RESTRICT out, Index cells, const std::vector<float>& table) {
    const float steps = table.size() > 1 ? static_cast<float>(table.size() - 1) : 0.0f;
    const float* LODE_RESTRICT values = table.data();
    for (Index i = 0; i < cells; ++i) {
        const bool ranked = known(ranks[i]);
        const std::int32_t place = static_cast<std::int32_t>((ranked ? ranks[i] : 0.0f) * steps + 0.5f);
        out[i] = ranked ? values[place] : kNaN;
    }
}

}  // namespace

void ts_quantile(const float* ranks, float* out, Shape shape, Index window, Driver driver) {
    std::vector<float> table;
    fill_table(table, driver, window, 1.0);
    look_up(ranks, out, shape.cells(), table);
}

void quantile(const float* ranks, float* out, Shape shape, Driver driver, double sigma) {
    std::vector<float> table;
    Index table_of = -1;
    for (Index t = 0; t < shape.sessions; ++t, ranks += shape.names, out += shape.names) {
        const Index n = static_cast<Index>(row_sum(shape.names, [=](Index i) { return known(ranks[i]) ? 1.0 : 0.0; }));
        if (n != table_of) fill_table(table, driver, table_of = n, sigma);
        look_up(ranks, out, shape.names, table);
    }
}

}  // namespace lode

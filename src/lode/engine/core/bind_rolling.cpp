#include <nanobind/stl/vector.h>

#include <vector>

#include "bindings.h"

namespace lode {
namespace {

void check_window(std::int64_t window, std::int64_t first_row) {
    require(window >= 1, "a window has at least one session");
    require(first_row >= 0, "first_row is an absolute session index: 0 or more");
}

using Lag = void (*)(const float*, float*, Shape, Index);
using Window = void (*)(const float*, float*, Shape, Index, Index);
using PairWindow = void (*)(const float*, const float*, float*, Shape, Index, Index);

void bind_lag(nb::module_& m, const char* name, Lag kernel) {
    m.def(name, [kernel](const Input& x, const Output& out, std::int64_t sessions) {
        require(sessions >= 0, "a lag is 0 or more sessions");
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(out), sessions);
    }, nb::arg("x"), nb::arg("out"), nb::arg("sessions"));
}

void bind_shift(nb::module_& m, const char* name, Lag kernel) {
    m.def(name, [kernel](const Input& x, const Output& out, std::int64_t sessions) {
        require(sessions >= 0, "a lag is 0 or more sessions");
        no_longer(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(x, out), sessions);
    }, nb::arg("x"), nb::arg("out"), nb::arg("sessions"));
}

void bind_window(nb::module_& m, const char* name, Window kernel) {
    m.def(name, [kernel](const Input& x, const Output& out, std::int64_t window, std::int64_t first_row) {
        check_window(window, first_row);
        no_longer(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(x, out), window, first_row);
    }, nb::arg("x"), nb::arg("out"), nb::arg("window"), nb::arg("first_row") = 0);
}

void bind_pair(nb::module_& m, const char* name, PairWindow kernel) {
    m.def(name, [kernel](const Input& x, const Input& y, const Output& out, std::int64_t window,
                         std::int64_t first_row) {
        check_window(window, first_row);
        no_longer(x, out);
        same_shape(x, y);
        apart(x, out);
        apart(y, out);
        nb::gil_scoped_release release;
        kernel(x.data(), y.data(), out.data(), shape_of(x, out), window, first_row);
    }, nb::arg("x"), nb::arg("y"), nb::arg("out"), nb::arg("window"), nb::arg("first_row") = 0);
}

using Scaled = void (*)(const float*, float*, Shape, Index, double, Index);

void bind_scaled(nb::module_& m, const char* name, Scaled kernel) {
    m.def(name, [kernel](const Input& x, const Output& out, std::int64_t window, double number,
                         std::int64_t first_row) {
        check_window(window, first_row);
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(out), window, number, first_row);
    }, nb::arg("x"), nb::arg("out"), nb::arg("window"), nb::arg("number"), nb::arg("first_row") = 0);
}

void ewm_mean(const float* x, float* out, Shape shape, Index window, double span, Index first_row) {
    ts_ewm_mean(x, out, shape, span, window, first_row);
}

void moment(const float* x, float* out, Shape shape, Index window, double order, Index first_row) {
    ts_moment(x, out, shape, window, static_cast<Index>(order), first_row);
}

void nth(const float* x, float* out, Shape shape, Index window, double k, Index) {
    kth_element(x, out, shape, window, static_cast<Index>(k));
}

void humped(const float* x, float* out, Shape shape, Index window, double threshold, Index) {
    hump(x, out, shape, threshold, window);
}

void bind_regression(nb::module_& m) {
    m.def("ts_regression", [](const Input& y, const Input& x, const Output& out, std::int64_t window, std::int64_t lag,
                              int wanted, std::int64_t first_row) {
        check_window(window, first_row);
        require(lag >= 0, "a lag is 0 or more sessions");
        require(wanted >= 0 && wanted <= 9, "a return type is 0 to 9");
        same_shape(x, out);
        same_shape(y, out);
        apart(x, out);
        apart(y, out);
        nb::gil_scoped_release release;
        ts_regression(y.data(), x.data(), out.data(), shape_of(out), window, lag, static_cast<Regression>(wanted),
                      first_row);
    }, nb::arg("y"), nb::arg("x"), nb::arg("out"), nb::arg("window"), nb::arg("lag"), nb::arg("wanted"),
       nb::arg("first_row") = 0);
}

void bind_order(nb::module_& m) {
    m.def("ts_percentiles", [](const Input& x, const std::vector<double>& fractions, const std::vector<Output>& out,
                               std::int64_t window) {
        check_window(window, 0);
        require(fractions.size() == out.size(), "percentiles: one panel for each");
        std::vector<float*> panels;
        for (std::size_t k = 0; k < out.size(); ++k) {
            require(fractions[k] >= 0.0 && fractions[k] <= 1.0, "a percentile is a number from 0 to 1");
            same_shape(x, out[k]);
            apart(x, out[k]);
            panels.push_back(out[k].data());
        }
        nb::gil_scoped_release release;
        ts_percentiles(x.data(), fractions.data(), panels.data(), static_cast<Index>(panels.size()), shape_of(x),
                       window);
    }, nb::arg("x"), nb::arg("fractions"), nb::arg("out"), nb::arg("window"));
    m.def("ts_quantile", [](const Input& ranks, const Output& out, std::int64_t window, int driver) {
        check_window(window, 0);
        require(driver >= 0 && driver <= 2, "a driver is 0, 1 or 2");
        same_shape(ranks, out);
        nb::gil_scoped_release release;
        ts_quantile(ranks.data(), out.data(), shape_of(out), window, static_cast<Driver>(driver));
    }, nb::arg("ranks"), nb::arg("out"), nb::arg("window"), nb::arg("driver"));
    m.def("quantile", [](const Input& ranks, const Output& out, int driver, double sigma) {
        require(driver >= 0 && driver <= 2, "a driver is 0, 1 or 2");
        same_shape(ranks, out);
        nb::gil_scoped_release release;
        quantile(ranks.data(), out.data(), shape_of(out), static_cast<Driver>(driver), sigma);
    }, nb::arg("ranks"), nb::arg("out"), nb::arg("driver"), nb::arg("sigma"));
}

}  // namespace

void bind_rolling(nb::module_& m) {
    bind_regression(m);
    bind_order(m);
    bind_lag(m, "ts_count_nans", ts_count_nans);
    bind_lag(m, "last_diff_value", last_diff_value);
    bind_lag(m, "days_from_last_change", days_from_last_change);
    bind_window(m, "slope", slope);
    bind_window(m, "resi", resi);
    bind_window(m, "rsquare", rsquare);
    bind_window(m, "ts_skewness", ts_skewness);
    bind_window(m, "ts_kurtosis", ts_kurtosis);
    bind_scaled(m, "ts_moment", moment);
    bind_scaled(m, "kth_element", nth);
    bind_scaled(m, "hump", humped);
    bind_scaled(m, "ts_decay_exp_window", ts_decay_exp_window);
    bind_scaled(m, "ts_ewm_mean", ewm_mean);
    bind_shift(m, "ts_delay", ts_delay);
    bind_shift(m, "ts_delta", ts_delta);
    bind_lag(m, "ts_backfill", ts_backfill);
    bind_window(m, "ts_mean", ts_mean);
    bind_window(m, "ts_sum", ts_sum);
    bind_window(m, "ts_product", ts_product);
    bind_window(m, "ts_av_diff", ts_av_diff);
    bind_window(m, "ts_std_dev", ts_std_dev);
    bind_window(m, "ts_zscore", ts_zscore);
    bind_window(m, "ts_decay_linear", ts_decay_linear);
    bind_window(m, "ts_min", ts_min);
    bind_window(m, "ts_max", ts_max);
    bind_window(m, "ts_arg_min", ts_arg_min);
    bind_window(m, "ts_arg_max", ts_arg_max);
    bind_window(m, "ts_scale", ts_scale);
    bind_window(m, "ts_rank", ts_rank);
    bind_pair(m, "ts_covariance", ts_covariance);
    bind_pair(m, "ts_corr", ts_corr);
    bind_pair(m, "ts_vector_proj", ts_vector_proj);
    bind_pair(m, "ts_vector_neut", ts_vector_neut);
}

}  // namespace lode

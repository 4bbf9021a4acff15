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

void bind_window(nb::module_& m, const char* name, Window kernel) {
    m.def(name, [kernel](const Input& x, const Output& out, std::int64_t window, std::int64_t first_row) {
        check_window(window, first_row);
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        kernel(x.data(), out.data(), shape_of(out), window, first_row);
    }, nb::arg("x"), nb::arg("out"), nb::arg("window"), nb::arg("first_row") = 0);
}

void bind_pair(nb::module_& m, const char* name, PairWindow kernel) {
    m.def(name, [kernel](const Input& x, const Input& y, const Output& out, std::int64_t window,
                         std::int64_t first_row) {
        check_window(window, first_row);
        same_shape(x, out);
        same_shape(y, out);
        apart(x, out);
        apart(y, out);
        nb::gil_scoped_release release;
        kernel(x.data(), y.data(), out.data(), shape_of(out), window, first_row);
    }, nb::arg("x"), nb::arg("y"), nb::arg("out"), nb::arg("window"), nb::arg("first_row") = 0);
}

}  // namespace

void bind_rolling(nb::module_& m) {
    bind_lag(m, "ts_delay", ts_delay);
    bind_lag(m, "ts_delta", ts_delta);
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
}

}  // namespace lode

#include <nanobind/stl/variant.h>

#include <variant>

#include "bindings.h"

namespace lode {
namespace {

using Argument = std::variant<double, Input>;

Operand operand(const Argument& argument, const Output& out) {
    if (const double* number = std::get_if<double>(&argument)) return {nullptr, static_cast<float>(*number)};
    const Input& cells = std::get<Input>(argument);
    same_shape(cells, out);
    apart(cells, out);
    return {cells.data(), 0.0f};
}

template <Unary OP>
void bind_unary(nb::module_& m, const char* name) {
    m.def(name, [](const Input& x, const Output& out) {
        same_shape(x, out);
        apart(x, out);
        nb::gil_scoped_release release;
        unary(OP, x.data(), out.data(), shape_of(out).cells());
    }, nb::arg("x"), nb::arg("out"));
}

template <Binary OP>
void bind_binary(nb::module_& m, const char* name) {
    m.def(name, [](const Argument& x, const Argument& y, const Output& out) {
        const Operand a = operand(x, out), b = operand(y, out);
        nb::gil_scoped_release release;
        binary(OP, a, b, out.data(), shape_of(out).cells());
    }, nb::arg("x"), nb::arg("y"), nb::arg("out"));
}

}  // namespace

void bind_elementwise(nb::module_& m) {
    bind_unary<Unary::reverse>(m, "reverse");
    bind_unary<Unary::abs>(m, "abs");
    bind_unary<Unary::sign>(m, "sign");
    bind_unary<Unary::log>(m, "log");
    bind_unary<Unary::sqrt>(m, "sqrt");
    bind_unary<Unary::inverse>(m, "inverse");
    bind_unary<Unary::is_nan>(m, "is_nan");
    bind_unary<Unary::is_not_nan>(m, "is_not_nan");
    bind_unary<Unary::s_log_1p>(m, "s_log_1p");
    bind_unary<Unary::exp>(m, "exp");
    bind_unary<Unary::sigmoid>(m, "sigmoid");
    bind_unary<Unary::tanh>(m, "tanh");
    bind_unary<Unary::arc_sin>(m, "arc_sin");
    bind_unary<Unary::arc_cos>(m, "arc_cos");
    bind_unary<Unary::arc_tan>(m, "arc_tan");
    bind_unary<Unary::floor>(m, "floor");
    bind_unary<Unary::ceiling>(m, "ceiling");
    bind_unary<Unary::round>(m, "round");
    bind_unary<Unary::fraction>(m, "fraction");
    bind_unary<Unary::negation>(m, "negation");
    bind_unary<Unary::purify>(m, "purify");
    bind_binary<Binary::add>(m, "add");
    bind_binary<Binary::subtract>(m, "subtract");
    bind_binary<Binary::multiply>(m, "multiply");
    bind_binary<Binary::divide>(m, "divide");
    bind_binary<Binary::min>(m, "min");
    bind_binary<Binary::max>(m, "max");
    bind_binary<Binary::power>(m, "power");
    bind_binary<Binary::signed_power>(m, "signed_power");
    bind_binary<Binary::less>(m, "less");
    bind_binary<Binary::less_equal>(m, "less_equal");
    bind_binary<Binary::equal>(m, "equal");
    bind_binary<Binary::not_equal>(m, "not_equal");
    bind_binary<Binary::both_true>(m, "both_true");
    bind_binary<Binary::either_true>(m, "either_true");
    bind_binary<Binary::nan_mask>(m, "nan_mask");
    m.def("trade_when", [](const Argument& trigger, const Argument& alpha, const Argument& leave, const Output& out,
                           std::int64_t window) {
        const Operand t = operand(trigger, out), a = operand(alpha, out), l = operand(leave, out);
        require(window >= 1, "a window has at least one session");
        nb::gil_scoped_release release;
        trade_when(t, a, l, out.data(), shape_of(out), window);
    }, nb::arg("trigger"), nb::arg("alpha"), nb::arg("leave"), nb::arg("out"), nb::arg("window"));
    m.def("if_else", [](const Argument& condition, const Argument& yes, const Argument& no, const Output& out) {
        const Operand c = operand(condition, out), a = operand(yes, out), b = operand(no, out);
        nb::gil_scoped_release release;
        if_else(c, a, b, out.data(), shape_of(out).cells());
    }, nb::arg("condition"), nb::arg("yes"), nb::arg("no"), nb::arg("out"));
    m.def("keep_where", [](const Input& x, const Array<const bool, 2>& mask, const Output& out) {
        same_shape(x, out);
        same_shape(mask, out);
        apart(x, out);
        nb::gil_scoped_release release;
        keep_where(x.data(), reinterpret_cast<const std::uint8_t*>(mask.data()), out.data(), shape_of(out).cells());
    }, nb::arg("x"), nb::arg("mask"), nb::arg("out"));
}

}  // namespace lode

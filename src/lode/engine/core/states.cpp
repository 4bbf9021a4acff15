// What a name's earlier sessions leave behind: the last values that were known, that differed, that a trigger let in.
// Each looks no further back than its window, so that a value does not depend on where the panel begins.
#include <algorithm>
#include <vector>

#include "kernels.h"
#include "row_sums.h"

namespace lode {
namespace {

std::vector<float> missing_row(Index names) { return std::vector<float>(static_cast<std::size_t>(names), kNaN); }
std::vector<std::int32_t> long_ago(Index names) {
    return std::vector<std::int32_t>(static_cast<std::size_t>(names), 1 << 30);
}

// Per name the last two values that differed: today's, and the one before it; with the sessions since the latter was
// last seen and since today's run of equal values began.
template <class Emit>
void over_runs(const float* x, float* out, Shape shape, Emit emit) {
    std::vector<float> present = missing_row(shape.names), before = present;
    std::vector<std::int32_t> seen = long_ago(shape.names), differed = seen, began = seen;
    float *LODE_RESTRICT now = present.data(), *LODE_RESTRICT last = before.data();
    std::int32_t *LODE_RESTRICT now_age = seen.data(), *LODE_RESTRICT last_age = differed.data(),
                 *LODE_RESTRICT run_age = began.data();
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* LODE_RESTRICT here = x + t * shape.names;
        float* LODE_RESTRICT result = out + t * shape.names;
        for (Index i = 0; i < shape.names; ++i) {
            const bool is_known = known(here[i]), changed = is_known & (here[i] != now[i]);
            const std::int32_t older = now_age[i] + 1;
            last[i] = changed ? now[i] : last[i];
            last_age[i] = changed ? older : std::min(last_age[i] + 1, 1 << 30);
            run_age[i] = changed ? 0 : std::min(run_age[i] + 1, 1 << 30);
            now[i] = is_known ? here[i] : now[i];
            now_age[i] = is_known ? 0 : std::min(older, 1 << 30);
            result[i] = is_known ? emit(last[i], last_age[i], run_age[i]) : kNaN;
        }
    }
}

}  // namespace

// The last k values that were known, in a ring per name; the oldest of them is the k-th.
void kth_element(const float* x, float* out, Shape shape, Index window, Index k) {
    const std::size_t names = static_cast<std::size_t>(shape.names), places = static_cast<std::size_t>(k);
    std::vector<float> values(names * places, kNaN);
    std::vector<Index> sessions(names * places, -window), count(names, 0);
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* here = x + t * shape.names;
        float* result = out + t * shape.names;
        for (std::size_t i = 0; i < names; ++i) {
            std::size_t place = static_cast<std::size_t>(count[i]) % places * names + i;
            if (known(here[i])) {
                values[place] = here[i];
                sessions[place] = t;
                place = static_cast<std::size_t>(++count[i]) % places * names + i;
            }
            result[i] = t - sessions[place] < window ? values[place] : kNaN;
        }
    }
}

void last_diff_value(const float* x, float* out, Shape shape, Index window) {
    const std::int32_t limit = static_cast<std::int32_t>(window);
    over_runs(x, out, shape, [limit](float last, std::int32_t age, std::int32_t) { return age < limit ? last : kNaN; });
}

void days_from_last_change(const float* x, float* out, Shape shape, Index window) {
    const std::int32_t limit = static_cast<std::int32_t>(window);
    over_runs(x, out, shape, [limit](float, std::int32_t age, std::int32_t run) {
        return age < limit ? static_cast<float>(run) : kNaN;
    });
}

// `leave` above 0 closes, `trigger` above 0 takes alpha, anything else keeps what was there.
void trade_when(Operand trigger, Operand alpha, Operand leave, float* out, Shape shape, Index window) {
    std::vector<float> held = missing_row(shape.names);
    std::vector<std::int32_t> since = long_ago(shape.names);
    const std::int32_t limit = static_cast<std::int32_t>(window);
    const auto at = [](Operand operand, Index i) { return operand.cells ? operand.cells[i] : operand.number; };
    for (Index t = 0; t < shape.sessions; ++t) {
        const Index row = t * shape.names;
        for (Index i = 0; i < shape.names; ++i) {
            const std::size_t name = static_cast<std::size_t>(i);
            const bool closes = at(leave, row + i) > 0.0f, enters = at(trigger, row + i) > 0.0f;
            const float taken = closes ? kNaN : finite(at(alpha, row + i));
            held[name] = closes | enters ? taken : held[name];
            since[name] = closes | enters ? 0 : std::min(since[name] + 1, 1 << 30);
            out[row + i] = since[name] < limit ? held[name] : kNaN;
        }
    }
}

// Follows x from the first known value of the window on, by no more than the day's limit and not at all below it.
void hump(const float* x, float* out, Shape shape, double threshold, Index window) {
    std::vector<float> limits(static_cast<std::size_t>(shape.sessions));
    for (Index t = 0; t < shape.sessions; ++t) {
        const float* row = x + t * shape.names;
        limits[static_cast<std::size_t>(t)] = static_cast<float>(threshold * row_sum(shape.names, [row](Index i) {
            return known(row[i]) ? static_cast<double>(magnitude(row[i])) : 0.0;
        }));
    }
    std::vector<float> following(static_cast<std::size_t>(shape.names));
    float* LODE_RESTRICT state = following.data();
    for (Index t = 0; t < shape.sessions; ++t) {
        std::fill(following.begin(), following.end(), kNaN);
        for (Index s = std::max<Index>(0, t - window + 1); s <= t; ++s) {
            const float* LODE_RESTRICT here = x + s * shape.names;
            const float limit = limits[static_cast<std::size_t>(s)];
            for (Index i = 0; i < shape.names; ++i) {
                const float change = here[i] - state[i];
                const float stepped = state[i] + (change < 0.0f ? -limit : limit);
                const float moved = magnitude(change) < limit ? state[i] : stepped;
                const float started = known(state[i]) ? moved : here[i];
                state[i] = known(here[i]) ? started : state[i];
            }
        }
        const float* LODE_RESTRICT today = x + t * shape.names;
        float* LODE_RESTRICT result = out + t * shape.names;
        for (Index i = 0; i < shape.names; ++i) result[i] = known(today[i]) ? finite(state[i]) : kNaN;
    }
}

}  // namespace lode

// From a session's values to sortable keys, and from sorted keys to the exact order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "panel.h"

namespace lode {

// Bits of a float that compare as unsigned integers do; -0 is 0.
LODE_INLINE std::uint32_t ordered_bits(float x) {
    const float positive_zero = x + 0.0f;
    std::uint32_t bits;
    std::memcpy(&bits, &positive_zero, sizeof bits);
    const std::uint32_t sign = bits >> 31;
    return bits ^ ((0u - sign) | 0x80000000u);
}

// How many of a key's 32 bits hold the column.
class Packing {
   public:
    explicit Packing(Index names) : names_(names) {
        while ((Index{1} << column_bits_) < names) ++column_bits_;
    }

    int column_bits() const { return column_bits_; }

    // Writes the session's keys, missing names last, and returns how many names are known and `wanted`.
    template <class Wanted>
    std::int32_t pack(const float* LODE_RESTRICT x, std::uint32_t* LODE_RESTRICT packed, Wanted wanted) const {
        std::uint32_t lowest = ~0u, highest = 0;
        std::int32_t known = 0;
        for (Index i = 0; i < names_; ++i) {
            const bool valid = (magnitude(x[i]) <= kLargest) & wanted(i);
            const std::uint32_t bits = ordered_bits(x[i]);
            const std::uint32_t low = valid ? bits : ~0u, high = valid ? bits : 0u;
            lowest = low < lowest ? low : lowest;
            highest = high > highest ? high : highest;
            known += valid;
        }
        if (known == 0) lowest = highest = 0;
        const int room = 32 - column_bits_;
        int dropped = 0;
        while (((static_cast<std::uint64_t>(highest - lowest) >> dropped) >> room) != 0) ++dropped;
        const int shift = column_bits_;
        for (Index i = 0; i < names_; ++i) {
            const bool valid = (magnitude(x[i]) <= kLargest) & wanted(i);
            const std::uint32_t key = (ordered_bits(x[i]) - lowest) >> dropped;
            packed[i] = valid ? (key << shift) | static_cast<std::uint32_t>(i) : ~0u;
        }
        return known;
    }

   private:
    Index names_;
    int column_bits_ = 1;
};

// The names of a session from the smallest value to the largest.
class Order {
   public:
    std::vector<std::uint32_t> column;
    bool tied = false;

    explicit Order(Index names)
        : column(static_cast<std::size_t>(names)), value_(static_cast<std::size_t>(names)),
          column_bits_(Packing(names).column_bits()) {}

    // packed: sorted keys of which the first n are known; x: the session's values.
    void read(const std::uint32_t* LODE_RESTRICT packed, const float* LODE_RESTRICT x, Index n) {
        const std::uint32_t mask = (1u << column_bits_) - 1u;
        std::uint32_t* LODE_RESTRICT name = column.data();
        float* LODE_RESTRICT value = value_.data();
        n_ = n;
        for (Index i = 0; i < n; ++i) {
            name[i] = packed[i] & mask;
            value[i] = x[packed[i] & mask];
        }
        int inverted = 0, equal = 0;
        for (Index i = 1; i < n; ++i) {
            inverted |= value[i] < value[i - 1];
            equal |= value[i] == value[i - 1];
        }
        if (inverted) equal = repair(packed);
        tied = equal != 0;
    }

    // body(first, end) for every run of equal values.
    template <class Body>
    void for_each_tie(Body&& body) const {
        for (Index first = 0; first < n_;) {
            Index end = first + 1;
            while (end < n_ && value_[end] == value_[first]) ++end;
            body(first, end);
            first = end;
        }
    }

   private:
    // Keys that agree in every bit that was kept are decided by their values. Returns whether values are equal.
    int repair(const std::uint32_t* packed) {
        for (Index first = 0; first < n_;) {
            Index end = first + 1;
            while (end < n_ && (packed[end] >> column_bits_) == (packed[first] >> column_bits_)) ++end;
            if (end - first > 1) sort_run(first, end);
            first = end;
        }
        for (Index i = 1; i < n_; ++i)
            if (value_[i] == value_[i - 1]) return 1;
        return 0;
    }

    void sort_run(Index first, Index end) {
        if (end - first > 24) {
            run_.clear();
            for (Index i = first; i < end; ++i)
                run_.push_back((static_cast<std::uint64_t>(ordered_bits(value_[i])) << 32) | column[i]);
            std::vector<float> values(value_.begin() + first, value_.begin() + end);
            std::sort(run_.begin(), run_.end());
            std::sort(values.begin(), values.end());
            for (Index i = first; i < end; ++i) {
                column[i] = static_cast<std::uint32_t>(run_[i - first]);
                value_[i] = values[i - first];
            }
            return;
        }
        for (Index i = first + 1; i < end; ++i) {
            const float value = value_[i];
            const std::uint32_t name = column[i];
            Index j = i;
            for (; j > first && value_[j - 1] > value; --j) value_[j] = value_[j - 1], column[j] = column[j - 1];
            value_[j] = value, column[j] = name;
        }
    }

    std::vector<float> value_;
    std::vector<std::uint64_t> run_;
    int column_bits_;
    Index n_ = 0;
};

}  // namespace lode

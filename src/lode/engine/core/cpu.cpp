// The widest of our instruction sets that this processor and its operating system can run.
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace lode {

#if defined(__x86_64__) || defined(_M_X64)
namespace {

struct Registers {
    std::uint32_t a, b, c, d;
};

Registers cpuid(std::uint32_t leaf) {
    Registers r{};
#if defined(_MSC_VER) && !defined(__clang__)
    int out[4];
    __cpuidex(out, static_cast<int>(leaf), 0);
    r = {static_cast<std::uint32_t>(out[0]), static_cast<std::uint32_t>(out[1]), static_cast<std::uint32_t>(out[2]),
         static_cast<std::uint32_t>(out[3])};
#else
    __cpuid_count(leaf, 0, r.a, r.b, r.c, r.d);
#endif
    return r;
}

// Which register files the operating system saves (XCR0).
std::uint64_t saved_registers() {
#if defined(_MSC_VER) && !defined(__clang__)
    return _xgetbv(0);
#else
    std::uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<std::uint64_t>(high) << 32) | low;
#endif
}

bool all(std::uint64_t value, std::uint64_t bits) { return (value & bits) == bits; }
constexpr std::uint32_t bit(int n) { return std::uint32_t{1} << n; }

}  // namespace

const char* best_instruction_set() {
    if (cpuid(0).a < 7 || !all(cpuid(1).c, bit(27) | bit(28) | bit(23))) return "baseline";  // OSXSAVE, AVX, POPCNT
    const std::uint64_t saved = saved_registers();
    const std::uint32_t features = cpuid(7).b;
    const bool lzcnt = cpuid(0x80000000u).a >= 0x80000001u && all(cpuid(0x80000001u).c, bit(5));
    if (!all(saved, 0x6) || !lzcnt || !all(cpuid(1).c, bit(12)) || !all(features, bit(5) | bit(3) | bit(8))) return "baseline";  // FMA; AVX2, BMI1, BMI2
    const std::uint32_t avx512 = bit(16) | bit(17) | bit(30) | bit(31);  // F, DQ, BW, VL
    return all(saved, 0xE6) && all(features, avx512) ? "avx512" : "avx2";
}
#else
const char* best_instruction_set() { return "baseline"; }
#endif

}  // namespace lode

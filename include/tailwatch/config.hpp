// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cassert>

/// Configuration macros. Each may be defined by the user before the first tailwatch header.
///
///   TAILWATCH_ASSERT(condition)   a broken invariant of the library itself, never bad input; default `assert`
///   TAILWATCH_THROW(exception)    how an error leaves: `throw` where exceptions exist, else it must not return;
///                                 the default without exceptions is a trap, because going on would be a wrong number
///   TAILWATCH_CHECK_ROWS          1: rows passed as log-probabilities are checked to sum to 1 in a few places of each call;
///                                 default 1 without NDEBUG, else 0. The same in all units of a program
///   TAILWATCH_ABI_NAMESPACE       set here, never by the user: names the instruction set of this translation unit
///
/// Kernels and estimator objects live in `inline namespace TAILWATCH_ABI_NAMESPACE`, so that two units built with
/// different `-m` flags keep their own copies: without it the linker keeps one of the two, and an SSE2 machine may run
/// AVX2 code. State, monitor and result types stay outside it, so that they can cross such units.
#ifndef TAILWATCH_ASSERT
#define TAILWATCH_ASSERT(condition) assert(condition)
#endif

#ifndef TAILWATCH_CHECK_ROWS
#ifdef NDEBUG
#define TAILWATCH_CHECK_ROWS 0
#else
#define TAILWATCH_CHECK_ROWS 1
#endif
#endif

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define TAILWATCH_HAS_EXCEPTIONS 1
#else
#define TAILWATCH_HAS_EXCEPTIONS 0
#endif

#ifndef TAILWATCH_THROW
#if TAILWATCH_HAS_EXCEPTIONS
#define TAILWATCH_THROW(exception) throw exception
#elif defined(__GNUC__)
#define TAILWATCH_THROW(exception) (static_cast<void>(sizeof(exception)), __builtin_trap())
#else
#include <cstdlib>
#define TAILWATCH_THROW(exception) (static_cast<void>(sizeof(exception)), std::abort())
#endif
#endif

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define TAILWATCH_DETAIL_ISA avx512
#elif defined(__AVX2__)
#define TAILWATCH_DETAIL_ISA avx2
#elif defined(__AVX__)
#define TAILWATCH_DETAIL_ISA avx
#elif defined(__SSE4_2__)
#define TAILWATCH_DETAIL_ISA sse4_2
#elif defined(__SSE4_1__)
#define TAILWATCH_DETAIL_ISA sse4_1
#elif defined(__SSSE3__)
#define TAILWATCH_DETAIL_ISA ssse3
#elif defined(__SSE3__)
#define TAILWATCH_DETAIL_ISA sse3
#elif defined(__SSE2__) || defined(_M_X64)
#define TAILWATCH_DETAIL_ISA sse2
#elif defined(__ARM_FEATURE_SVE)
#define TAILWATCH_DETAIL_ISA sve
#elif defined(__ARM_NEON) || defined(_M_ARM64)
#define TAILWATCH_DETAIL_ISA neon
#else
#define TAILWATCH_DETAIL_ISA generic
#endif

#if defined(__FMA__)
#define TAILWATCH_DETAIL_FMA _fma
#else
#define TAILWATCH_DETAIL_FMA
#endif

#if defined(__F16C__)
#define TAILWATCH_DETAIL_F16C _f16c
#else
#define TAILWATCH_DETAIL_F16C
#endif

#define TAILWATCH_DETAIL_JOIN_(a, b, c, d) a##b##c##d
#define TAILWATCH_DETAIL_JOIN(a, b, c, d) TAILWATCH_DETAIL_JOIN_(a, b, c, d)
#define TAILWATCH_ABI_NAMESPACE \
  TAILWATCH_DETAIL_JOIN(abi_v0_, TAILWATCH_DETAIL_ISA, TAILWATCH_DETAIL_FMA, TAILWATCH_DETAIL_F16C)

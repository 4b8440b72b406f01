// SPDX-License-Identifier: BSL-1.0
// What the pages use of libtorch, declared so that their blocks compile where there is none. Never run.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

namespace at {
enum ScalarType { kLong, kDouble, kByte, kFloat };
enum DeviceType { kCPU, kCUDA };
struct Device {
  Device(DeviceType);
  bool is_cpu() const;
};
struct Tensor {
  Tensor detach() const;
  Tensor reshape(std::initializer_list<std::int64_t>) const;
  Tensor index_select(std::int64_t, const Tensor&) const;
  Tensor to(ScalarType) const;
  Tensor to(Device) const;
  Tensor cpu() const;
  Tensor contiguous() const;
  Tensor& copy_(const Tensor&);
  std::int64_t size(std::int64_t) const;
  template <class T>
  T* data_ptr() const;
};
Tensor from_blob(void*, std::initializer_list<std::int64_t>, ScalarType);
}  // namespace at

namespace torch {
using at::Tensor;
inline constexpr at::ScalarType kFloat32 = at::kFloat;
inline constexpr at::ScalarType kInt64 = at::kLong;
Tensor randint(std::int64_t, std::initializer_list<std::int64_t>);
}  // namespace torch

namespace c10d {
enum class ReduceOp { SUM, MAX, MIN };
struct AllreduceOptions {
  ReduceOp reduceOp = ReduceOp::SUM;
};
struct Work {
  void wait();
};
struct ProcessGroup {
  std::shared_ptr<Work> allreduce(std::vector<at::Tensor>&, const AllreduceOptions&);
};
}  // namespace c10d

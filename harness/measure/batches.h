#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace cnnbench {

/// So many batches tell how far a mean of `values` values that hang together can be off: a twentieth of them,
/// at least 10 and at most 20; where there are fewer than 10, each is a batch of its own. More than some 20
/// hardly make an interval narrower, but shorter, so that neighbours hang together again (Schmeiser 1982,
/// "Batch Size Effects in the Analysis of Simulation Output").
std::size_t batch_count(std::size_t values);

/// The means of `batches` (1 to values.size()) runs of successive values, of equal lengths up to 1.
std::vector<double> batch_means(std::span<const double> values, std::size_t batches);

/// The standard error of the mean of batches that are independent of one another. At least two.
double standard_error(std::span<const double> batches);

}  // namespace cnnbench

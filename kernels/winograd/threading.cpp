#include "kernels/winograd/threading.h"

#include <omp.h>

namespace cnnbench::winograd {

void Member::wait() const {
  if (threads_ == 1) return;
#pragma omp barrier
}

void run_team(int threads, const std::function<void(const Member&)>& function) {
#pragma omp parallel num_threads(threads)
  function(Member(omp_get_thread_num(), omp_get_num_threads()));
}

}  // namespace cnnbench::winograd

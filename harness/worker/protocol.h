#pragma once

namespace cnnbench::protocol {

/// What a process that serves a backend finds in its environment: the socket, and the backend's name.
constexpr const char* descriptor_variable = "CNNBENCH_WORKER_SOCKET";
constexpr const char* backend_variable = "CNNBENCH_WORKER_BACKEND";

/// What of a step is timed, else the index of the layer that is timed alone.
constexpr int whole_step = -2;
constexpr int all_operations = -1;

/// Kinds of errors in an answer {error, kind}: what is thrown at the other end.
constexpr const char* out_of_memory = "out of memory";
constexpr const char* bad_argument = "bad argument";
constexpr const char* failed = "failed";

}  // namespace cnnbench::protocol

// For tests that open libraries at run time, in sanitizer builds: GCC 12's search for leaks crashes now and
// then on the thread-local variables of such libraries.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

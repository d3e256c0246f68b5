// Prints the networks of the configs that it is given as the program sends them to another process, one a
// line.
#include <iostream>

#include "harness/config/config.h"
#include "harness/worker/model_json.h"

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i)
    for (const cnnbench::NetworkConfig& network : cnnbench::load_config(arguments[i]).networks)
      std::cout << cnnbench::model_to_json(network.model) << '\n';
}

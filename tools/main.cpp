// SPDX-License-Identifier: BSL-1.0
//
// tailwatch: the command line. Each subcommand has a file of its own.
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "command.hpp"
#include "tailwatch/version.hpp"

using namespace tailwatch::tools;

int main(int argc, char** argv) {
  CLI::App app{"Watches generated text for model collapse while it is still in the tails."};
  app.name("tailwatch");
  app.set_version_flag("--version", "tailwatch " + std::to_string(tailwatch::version.major) + "." +
                                        std::to_string(tailwatch::version.minor) + "." +
                                        std::to_string(tailwatch::version.patch));
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 nothing found, 1 a sign of collapse or an alarm, 2 bad options or input, 3 a fault of the "
      "program.\n"
      "tailwatch SUBCOMMAND --help lists the options of one; man tailwatch says more.");
  subcommand_run run;
  add_report(app, run);
  add_compare(app, run);
  add_watch(app, run);
  add_recurse(app, run);
  add_plan(app, run);
  add_metrics(app, run);
  add_state(app, run);
  add_completion(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "tailwatch: " << error.what() << "; try tailwatch --help\n";
    return exit_usage;
  }
  try {
    std::ios::sync_with_stdio(false);
    const int code = run();
    std::cout.flush();
    if (!std::cout) {
      std::cerr << "tailwatch: standard output cannot be written\n";
      return exit_usage;
    }
    return code;
  } catch (const input_error& error) {
    std::cout.flush();
    std::cerr << "tailwatch: " << error.what() << '\n';
    return exit_usage;
  } catch (const std::bad_alloc&) {
    std::cerr << "tailwatch: out of memory\n";
    return exit_internal;
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "tailwatch: " << error.what() << '\n';
    return exit_internal;
  }
}

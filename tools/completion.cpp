// SPDX-License-Identifier: BSL-1.0
//
// tailwatch completion: completion for bash and zsh, made from the options themselves.
#include <iostream>
#include <memory>

#include "command.hpp"

namespace tailwatch::tools {
namespace {

std::string options_of(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* o : app.get_options()) {
    for (const std::string& name : o->get_lnames()) out += (out.empty() ? "" : " ") + ("--" + name);
  }
  return out;
}
std::string subcommands_of(const CLI::App& app) {
  std::string out;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    out += (out.empty() ? "" : " ") + sub->get_name();
  return out;
}

void write_bash(const CLI::App& app, std::ostream& out) {
  out << "# bash completion for tailwatch; written by tailwatch completion bash\n"
         "_tailwatch() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path=\"\" word i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    case \"$path $word\" in\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    out << "      ' " << sub->get_name() << "') path=" << sub->get_name() << " ;;\n";
    for (const CLI::App* leaf : sub->get_subcommands([](const CLI::App*) { return true; }))
      out << "      '" << sub->get_name() << ' ' << leaf->get_name() << "') path='" << sub->get_name() << '-'
          << leaf->get_name() << "' ;;\n";
  }
  out << "    esac\n  done\n"
         "  case $prev in\n"
         "    --format) COMPREPLY=($(compgen -W 'auto text jsonl u16 u32 npy' -- \"$cur\")); return ;;\n"
         "    --sentences) COMPREPLY=($(compgen -W 'auto lines punctuation' -- \"$cur\")); return ;;\n"
         "    --colour | --color) COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n"
         "    --regime) COMPREPLY=($(compgen -W 'replace accumulate accumulate-subsample mix' -- \"$cur\")); return "
         ";;\n"
         "  esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    case $path in\n"
         "      '') COMPREPLY=($(compgen -W '"
      << options_of(app) << "' -- \"$cur\")) ;;\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    out << "      " << sub->get_name() << ") COMPREPLY=($(compgen -W '" << options_of(*sub) << "' -- \"$cur\")) ;;\n";
    for (const CLI::App* leaf : sub->get_subcommands([](const CLI::App*) { return true; }))
      out << "      " << sub->get_name() << '-' << leaf->get_name() << ") COMPREPLY=($(compgen -W '"
          << options_of(*leaf) << "' -- \"$cur\")) ;;\n";
  }
  out << "    esac\n"
         "    return\n"
         "  fi\n"
         "  case $path in\n"
         "    '') COMPREPLY=($(compgen -W '"
      << subcommands_of(app) << "' -- \"$cur\")) ;;\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (const std::string leaves = subcommands_of(*sub); !leaves.empty())
      out << "    " << sub->get_name() << ") COMPREPLY=($(compgen -W '" << leaves << "' -- \"$cur\")) ;;\n";
  out << "    completion) COMPREPLY=($(compgen -W 'bash zsh' -- \"$cur\")) ;;\n"
         "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _tailwatch tailwatch\n";
}

std::string zsh_quoted(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out;
}

void write_zsh_options(const CLI::App& app, std::ostream& out, const std::string& indent) {
  for (const CLI::Option* o : app.get_options()) {
    for (const std::string& name : o->get_lnames()) {
      out << indent << "'--" << name << (o->get_expected_min() > 0 ? "=" : "") << '['
          << zsh_quoted(o->get_description()) << ']';
      if (o->get_expected_min() > 0) out << ":value:_files";
      out << "' \\\n";
    }
  }
}

void write_zsh(const CLI::App& app, std::ostream& out) {
  out << "#compdef tailwatch\n# zsh completion for tailwatch; written by tailwatch completion zsh\n_tailwatch() {\n"
         "  local -a commands\n  commands=(\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    out << "    '" << sub->get_name() << ':' << zsh_quoted(sub->get_description()) << "'\n";
  out << "  )\n"
         "  if (( CURRENT == 2 )); then\n    _describe -t commands 'tailwatch command' commands\n    return\n  fi\n"
         "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    out << "    " << sub->get_name() << ")\n";
    const std::string leaves = subcommands_of(*sub);
    if (!leaves.empty()) out << "      if (( CURRENT == 2 )); then compadd " << leaves << "; return; fi\n";
    out << "      _arguments \\\n";
    write_zsh_options(*sub, out, "        ");
    out << "        '*:file:" << (sub->get_name() == "completion" ? "(bash zsh)" : "_files") << "'\n      ;;\n";
  }
  out << "  esac\n}\n_tailwatch \"$@\"\n";
}

}  // namespace

void add_completion(CLI::App& app, subcommand_run& run) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* c = app.add_subcommand("completion", "completion script for bash or zsh on standard output");
  c->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  c->callback([shell, &app, &run] {
    run = [shell, &app] {
      if (*shell == "bash") {
        write_bash(app, std::cout);
      } else {
        write_zsh(app, std::cout);
      }
      return static_cast<int>(exit_ok);
    };
  });
}

}  // namespace tailwatch::tools

package moka.cli.reference;

import java.util.List;
import java.util.stream.Collectors;
import moka.cli.terminal.CommandFailure;

/** Scripts by which shells complete the command line. */
public final class Completions {
    private Completions() {}

    /** @param shell bash, zsh or fish */
    public static String of(String shell, List<CommandReference> commands) {
        return switch (shell) {
            case "bash" -> bash(commands);
            case "zsh" -> zsh(commands);
            case "fish" -> fish(commands);
            default -> throw CommandFailure.usage("no completions for '" + shell + "', expected bash, zsh or fish");
        };
    }

    private static String bash(List<CommandReference> commands) {
        StringBuilder script = new StringBuilder("# bash completion of moka: source it, or put it into /etc/bash_completion.d\n_moka() {\n");
        script.append("    local word=${COMP_WORDS[COMP_CWORD]} options=\n    COMPREPLY=()\n    case ${COMP_WORDS[1]} in\n");
        for (CommandReference command : commands) {
            script.append("        ").append(command.name()).append(") options='").append(optionNames(command)).append("' ;;\n");
        }
        script.append("    esac\n");
        script.append("    if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then\n");
        script.append("        COMPREPLY=($(compgen -W '").append(names(commands)).append("' -- \"$word\"))\n");
        script.append("    elif [[ $word == -* ]]; then\n");
        script.append("        COMPREPLY=($(compgen -W \"${options:---help --version}\" -- \"$word\"))\n    fi\n");
        script.append("    [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\n");
        return script.append("complete -o filenames -F _moka moka\n").toString();
    }

    private static String zsh(List<CommandReference> commands) {
        StringBuilder script = new StringBuilder("#compdef moka\n# zsh completion of moka: put it as _moka into a folder of $fpath\n_moka() {\n");
        script.append("    local -a commands\n    commands=(\n");
        commands.forEach(command -> script.append("        '").append(command.name()).append(':').append(quoted(command.summary())).append("'\n"));
        script.append("    )\n    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n");
        script.append("        _describe command commands\n        _files -g '*.gguf'\n        return\n    fi\n    case $words[2] in\n");
        for (CommandReference command : commands) {
            script.append("        ").append(command.name()).append(")\n            _arguments \\\n");
            for (CommandReference.Argument option : command.options()) {
                for (String name : option.names()) {
                    script.append("                '").append(name).append('[').append(bracketed(option.description())).append(']');
                    script.append(option.value().isEmpty() ? "" : ":" + bracketed(option.value()) + ":" + (option.takesFile() ? "_files" : " "));
                    script.append("' \\\n");
                }
            }
            script.append("                '*:file:_files'\n            ;;\n");
        }
        return script.append("        *) _files ;;\n    esac\n}\n_moka \"$@\"\n").toString();
    }

    private static String fish(List<CommandReference> commands) {
        StringBuilder script = new StringBuilder("# fish completion of moka: put it as moka.fish into ~/.config/fish/completions\n");
        for (CommandReference command : commands) {
            script.append("complete -c moka -n __fish_use_subcommand -a ").append(command.name()).append(" -d '")
                    .append(quoted(command.summary())).append("'\n");
            for (CommandReference.Argument option : command.options()) {
                script.append("complete -c moka -n '__fish_seen_subcommand_from ").append(command.name()).append('\'');
                option.names().forEach(name -> script.append(fishName(name)));
                script.append(option.value().isEmpty() ? "" : option.takesFile() ? " -r" : " -x");
                script.append(" -d '").append(quoted(option.description())).append("'\n");
            }
        }
        return script.toString();
    }

    private static String fishName(String name) {
        return name.startsWith("--") ? " -l " + name.substring(2) : name.length() == 2 ? " -s " + name.substring(1) : " -o " + name.substring(1);
    }

    private static String names(List<CommandReference> commands) {
        return commands.stream().map(CommandReference::name).collect(Collectors.joining(" ")) + " help";
    }

    private static String optionNames(CommandReference command) {
        return command.options().stream().flatMap(option -> option.names().stream()).collect(Collectors.joining(" "));
    }

    private static String quoted(String text) {
        return text.replace("\\", "").replace("'", "");
    }

    private static String bracketed(String text) {
        return quoted(text).replace("[", "(").replace("]", ")").replace(":", " ");
    }
}

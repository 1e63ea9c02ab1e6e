package moka.cli.reference;

import java.util.List;
import java.util.Map;

/** The page {@code docs/cli.md}. */
public final class MarkdownReference {
    private static final String HEAD =
            """
            # The command line

            Generated from the program (`mvn test -pl cli -am -Dtest=CommandLinePageTest -Dmoka.write=true`): do not edit.

            `moka` alone, or with a model file, is `moka chat`. `moka COMMAND --help` shows the options that are often needed,
            `--help-all` all of them. Options may be written `--temp 0.2` or `--temp=0.2`.

            - **Streams**: standard output holds the answer and nothing else; notes, progress, timings and errors go to standard error.
              Colour and progress only on a terminal, no colour with `NO_COLOR` set. Where standard input is no terminal nothing is asked.
            - **Exit codes**: 0 done, 1 failed (one line says why; `--verbose` adds the stack), 2 wrong usage, 130 interrupted.
            - **Configuration**: `~/.config/moka/config` (`$XDG_CONFIG_HOME/moka/config`, or the file that `MOKA_CONFIG` names): lines
              `NAME = VALUE` with the long names of options, for all commands, or behind `[COMMAND]` for one; `model = FILE` is the model
              where none is given. Behind `[role NAME]` they hold where `--role NAME` is given. Flags win.
            - **Environment**: `NO_COLOR`; `MOKA_CONFIG`; `MOKA_STATE`, else `XDG_STATE_HOME`, is where the history and the conversations
              lie (`~/.local/state/moka`). For the start script: `JAVA_HOME`, `MOKA_JAVA_OPTS` (options of the JVM), `MOKA_NO_BUILD=1`.

            """;

    private MarkdownReference() {}

    /**
     * The page.
     *
     * @param chatCommands what begins with a slash in the chat, and what it does
     * @param chatSettings what {@code /set} takes, and what it is
     */
    public static String page(List<CommandReference> commands, Map<String, String> chatCommands, Map<String, String> chatSettings) {
        StringBuilder page = new StringBuilder(HEAD);
        page.append("| command | what it does |\n|---|---|\n");
        commands.forEach(command ->
                page.append("| [`moka ").append(command.name()).append("`](#moka-").append(command.name()).append(") | ")
                        .append(command.summary()).append(" |\n"));
        for (CommandReference command : commands) {
            append(page, command);
            if (command.name().equals("chat")) {
                table(page, "\nIn the chat:\n\n| command | |\n|---|---|\n", chatCommands);
                table(page, "\n`/set` takes:\n\n| name | |\n|---|---|\n", chatSettings);
            }
        }
        return page.toString();
    }

    private static void append(StringBuilder page, CommandReference command) {
        page.append("\n## moka ").append(command.name()).append("\n\n").append(command.description()).append('\n');
        if (!command.examples().isEmpty()) {
            page.append("\n```\n");
            command.examples().forEach(example -> page.append(example).append('\n'));
            page.append("```\n");
        }
        page.append("\n| option | |\n|---|---|\n");
        command.arguments().forEach(argument -> row(page, argument));
        command.options().stream().filter(option -> !option.rare()).forEach(option -> row(page, option));
        command.options().stream().filter(CommandReference.Argument::rare).forEach(option -> row(page, option));
    }

    private static void row(StringBuilder page, CommandReference.Argument argument) {
        page.append("| `").append(cell(argument.synopsis())).append("` | ").append(cell(argument.description())).append(" |\n");
    }

    private static void table(StringBuilder page, String head, Map<String, String> rows) {
        page.append(head);
        rows.forEach((name, text) -> page.append("| `").append(name).append("` | ").append(cell(text)).append(" |\n"));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}

package moka.cli.reference;

import java.util.List;

/** Manual pages in the macros of man(7). */
public final class ManPages {
    private ManPages() {}

    /** {@code moka.1}: the program. */
    public static String program(List<CommandReference> commands, String version) {
        StringBuilder page = new StringBuilder();
        page.append(".TH MOKA 1 \"\" \"moka ").append(version).append("\"\n");
        page.append(".SH NAME\nmoka \\- run GGUF language models on the CPU\n");
        page.append(".SH SYNOPSIS\n.B moka\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]\n.SH COMMANDS\n");
        commands.forEach(command ->
                page.append(".TP\n.BR moka\\-").append(escaped(command.name())).append(" (1)\n").append(escaped(command.summary())).append('\n'));
        page.append(".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 130 interrupted.\n");
        page.append(".SH FILES\n.TP\n.I ~/.config/moka/config\nlines \"NAME = VALUE\" with the long names of options\n");
        page.append(".TP\n.I ~/.local/state/moka\nhistory and conversations of the chat\n");
        return page.toString();
    }

    /** {@code moka-NAME.1}: a command. */
    public static String command(CommandReference command, String version) {
        StringBuilder page = new StringBuilder();
        page.append(".TH ").append(escaped(command.title())).append(" 1 \"\" \"moka ").append(version).append("\"\n");
        page.append(".SH NAME\nmoka\\-").append(escaped(command.name())).append(" \\- ").append(escaped(command.summary())).append('\n');
        page.append(".SH SYNOPSIS\n.B moka ").append(escaped(command.name())).append("\n[\\fIOPTIONS\\fR]");
        command.arguments().forEach(argument -> page.append(" [\\fI").append(escaped(argument.value())).append("\\fR]"));
        page.append("\n.SH DESCRIPTION\n").append(escaped(command.description())).append("\n.SH OPTIONS\n");
        command.arguments().forEach(argument -> option(page, argument));
        command.options().forEach(argument -> option(page, argument));
        if (!command.examples().isEmpty()) {
            page.append(".SH EXAMPLES\n.nf\n");
            command.examples().forEach(example -> page.append(escaped(example)).append('\n'));
            page.append(".fi\n");
        }
        return page.append(".SH SEE ALSO\n.BR moka (1)\n").toString();
    }

    private static void option(StringBuilder page, CommandReference.Argument argument) {
        page.append(".TP\n\\fB").append(escaped(argument.synopsis())).append("\\fR\n").append(escaped(argument.description())).append('\n');
    }

    // A backslash begins an escape, a hyphen may become another sign, a dot or a quote at the beginning of a line makes it a macro.
    private static String escaped(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}

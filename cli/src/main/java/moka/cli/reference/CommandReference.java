package moka.cli.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A command as picocli knows it.
 *
 * @param name its name behind {@code moka}
 * @param summary what it is for, in a line
 * @param description the first lines of its help
 * @param arguments what it takes besides options
 * @param options all of them, those that the short help leaves out too
 * @param examples lines of the command line
 */
public record CommandReference(
        String name, String summary, String description, List<Argument> arguments, List<Argument> options, List<String> examples) {
    /**
     * An option or a positional argument.
     *
     * @param names of an option, the shortest first; empty for a positional argument
     * @param value what it takes, empty for a switch
     * @param description what it does
     * @param rare whether the short help leaves it out
     */
    public record Argument(List<String> names, String value, String description, boolean rare) {
        /** {@code -n, --predict N}. */
        public String synopsis() {
            return names.isEmpty() ? value : String.join(", ", names) + (value.isEmpty() ? "" : " " + value);
        }

        /** Whether the value is a file. */
        public boolean takesFile() {
            return value.matches(".*(FILE|MODEL|IN|OUT|DIR).*");
        }
    }

    /** Reads a command. @param summary what it is for */
    public static CommandReference of(CommandLine commandLine, String name, String summary) {
        var spec = commandLine.getCommandSpec();
        List<Argument> arguments = new ArrayList<>();
        for (PositionalParamSpec positional : spec.positionalParameters()) {
            if (!positional.hidden()) {
                arguments.add(new Argument(List.of(), positional.paramLabel(), text(positional), false));
            }
        }
        List<Argument> options = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            String value = option.arity().max() == 0 ? "" : option.arity().min() == 0 ? "[" + option.paramLabel() + "]" : option.paramLabel();
            options.add(new Argument(sorted(option.names()), value, text(option), option.hidden()));
        }
        List<String> examples = Arrays.stream(spec.usageMessage().footer())
                .filter(line -> line.startsWith("  moka") || line.contains("| moka"))
                .map(String::strip)
                .toList();
        return new CommandReference(name, summary, String.join(" ", spec.usageMessage().description()), arguments, options, examples);
    }

    private static List<String> sorted(String[] names) {
        return Arrays.stream(names).sorted((a, b) -> Integer.compare(dashes(a), dashes(b))).toList();
    }

    private static int dashes(String name) {
        return name.startsWith("--") ? 2 : 1;
    }

    private static String text(ArgSpec argument) {
        return String.join(" ", argument.description());
    }

    /** {@code MOKA-RUN}. */
    String title() {
        return ("moka-" + name).toUpperCase(Locale.ROOT);
    }
}

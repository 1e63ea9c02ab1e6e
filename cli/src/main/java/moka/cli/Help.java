package moka.cli;

import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Renders the help of a command: the main options by their main names, or all of them with all names. */
final class Help {
    private Help() {}

    static String of(CommandLine commandLine, boolean all, boolean colour) {
        CommandSpec spec = commandLine.getCommandSpec();
        // All of them anew: they are shown in the order in which they were added.
        for (OptionSpec option : List.copyOf(spec.options())) {
            spec.remove(option);
            spec.addOption(OptionSpec.builder(option)
                    .hidden(option.hidden() && !all)
                    .names(all ? option.names() : mainNames(option.names()))
                    .build());
        }
        return commandLine.getUsageMessage(colour ? Ansi.ON : Ansi.OFF);
    }

    /** The first with one dash and the first with two. */
    private static String[] mainNames(String[] names) {
        Stream<String> brief = Stream.of(names).filter(name -> !name.startsWith("--")).limit(1);
        Stream<String> full = Stream.of(names).filter(name -> name.startsWith("--")).limit(1);
        return Stream.concat(brief, full).toArray(String[]::new);
    }
}

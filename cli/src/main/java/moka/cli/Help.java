package moka.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Renders the help of a command: the main options, or all of them. */
final class Help {
    private Help() {}

    static String of(CommandLine commandLine, boolean all, boolean colour) {
        if (all) {
            show(commandLine.getCommandSpec());
        }
        return commandLine.getUsageMessage(colour ? Ansi.ON : Ansi.OFF);
    }

    private static void show(CommandSpec spec) {
        for (OptionSpec option : List.copyOf(spec.options())) {
            if (option.hidden()) {
                spec.remove(option);
                spec.addOption(OptionSpec.builder(option).hidden(false).build());
            }
        }
    }
}

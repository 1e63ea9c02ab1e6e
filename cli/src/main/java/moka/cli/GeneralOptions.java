package moka.cli;

import picocli.CommandLine.Option;

/** Options that every command has. */
final class GeneralOptions {
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show the main options.")
    boolean help;

    @Option(names = "--help-all", description = "Show all options.", hidden = true)
    boolean helpAll;

    @Option(names = {"-v", "--verbose"}, description = "Say more: what was chosen and why, timings, stack traces.")
    boolean verbose;
}

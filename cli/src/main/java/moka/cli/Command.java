package moka.cli;

import picocli.CommandLine.Mixin;

/** A command: its options are filled in by picocli, then it runs. */
abstract class Command {
    @Mixin
    final GeneralOptions general = new GeneralOptions();

    /** Does the work. @return the exit code */
    abstract int run();
}

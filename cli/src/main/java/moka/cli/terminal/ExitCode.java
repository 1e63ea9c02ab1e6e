package moka.cli.terminal;

/** What the process returns. */
public final class ExitCode {
    public static final int OK = 0;

    /** The command failed: a file is malformed, a model does not fit, an answer could not be written. */
    public static final int FAILED = 1;

    /** Wrong usage: an unknown option, a value out of range, a missing argument. */
    public static final int USAGE = 2;

    /** Stopped by the interrupt key. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}

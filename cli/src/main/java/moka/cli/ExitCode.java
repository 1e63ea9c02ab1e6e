package moka.cli;

/** What the process returns. */
final class ExitCode {
    static final int OK = 0;

    /** The command failed: a file is malformed, a model does not fit, an answer could not be written. */
    static final int FAILED = 1;

    /** Wrong usage: an unknown option, a value out of range, a missing argument. */
    static final int USAGE = 2;

    /** Stopped by the interrupt key. */
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}

package moka.cli.chat;

/** Where the user's lines come from. For one thread. */
interface LineSource extends AutoCloseable {
    /** What the user did. */
    sealed interface Input {
        /** A message or a command: one line or several. */
        record Text(String text) implements Input {}

        /** The interrupt key. @param empty whether nothing was typed yet */
        record Interrupted(boolean empty) implements Input {}

        /** The end: Ctrl-D, or a closed input. */
        record End() implements Input {}
    }

    /** Asks for the next input. @param draft text that stands in the line already */
    Input read(String draft);

    /** Whether a draft can be edited. */
    boolean editable();

    /** Columns of the terminal now. */
    int columns();

    /** Puts the terminal back as it was found; called also before the process is ended at once. */
    @Override
    void close();
}

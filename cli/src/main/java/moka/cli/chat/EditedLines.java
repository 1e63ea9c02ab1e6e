package moka.cli.chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import moka.cli.render.Ansi;
import moka.cli.terminal.Streams;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * Lines from the line editor. The terminal stays without echo also between the lines, so that what is typed into an answer does not stand
 * in it; it waits for the next line.
 */
final class EditedLines implements LineSource {
    private static final int HISTORY_LINES = 10_000;
    private static final String NEW_LINE = "insert-new-line";
    private static final String EDITOR = "edit-in-editor";

    private final Terminal terminal;
    private final Attributes before;
    private final LineReader reader;
    private final String prompt;

    private EditedLines(Terminal terminal, Completer completer, Optional<Path> history, Streams streams) {
        this.terminal = terminal;
        this.before = terminal.enterRawMode();
        this.prompt = streams.colour() ? Ansi.GREEN + Ansi.BOLD + "> " + Ansi.RESET : "> ";
        Map<String, Object> variables = new HashMap<>(Map.of(
                LineReader.SECONDARY_PROMPT_PATTERN, "  ",
                LineReader.BELL_STYLE, "none",
                LineReader.INDENTATION, 0,
                LineReader.HISTORY_SIZE, HISTORY_LINES,
                LineReader.HISTORY_FILE_SIZE, HISTORY_LINES));
        history.ifPresent(file -> variables.put(LineReader.HISTORY_FILE, file));
        WideLineReader reader = new WideLineReader(terminal, "moka", variables);
        reader.setParser(new ChatLineParser());
        reader.setCompleter(completer);
        reader.option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
        reader.option(LineReader.Option.DISABLE_HIGHLIGHTER, true);
        reader.option(LineReader.Option.HISTORY_TIMESTAMPED, false);
        reader.option(LineReader.Option.AUTO_FRESH_LINE, false);
        reader.option(LineReader.Option.INSERT_TAB, false);
        reader.option(LineReader.Option.CASE_INSENSITIVE, true);
        reader.setHistory(new LineHistory());
        this.reader = reader;
        reader.getWidgets().put(NEW_LINE, () -> {
            reader.getBuffer().write("\n");
            return true;
        });
        ExternalEditor editor = new ExternalEditor(terminal, before, streams.environment());
        reader.getWidgets().put(EDITOR, () -> {
            try {
                String text = editor.edit(reader.getBuffer().toString());
                reader.getBuffer().clear();
                reader.getBuffer().write(text);
            } catch (UncheckedIOException e) {
                reader.printAbove("the editor: " + e.getCause().getMessage());
            }
            terminal.writer().print(LineReaderImpl.BRACKETED_PASTE_ON); // editors turn it off when they end
            reader.callWidget(LineReader.CLEAR_SCREEN);
            return true;
        });
        for (String keymap : new String[] {LineReader.EMACS, LineReader.VIINS}) {
            KeyMap<Binding> keys = reader.getKeyMaps().get(keymap);
            keys.bind(new Reference(NEW_LINE), KeyMap.alt('\r'), KeyMap.alt('\n'), KeyMap.ctrl('J'));
            keys.bind(new Reference(EDITOR), KeyMap.ctrl('G'));
            // Arrows as they are sent when they are pressed before the line editor is ready.
            keys.bind(new Reference(LineReader.UP_LINE_OR_HISTORY), "\033[A");
            keys.bind(new Reference(LineReader.DOWN_LINE_OR_HISTORY), "\033[B");
            keys.bind(new Reference(LineReader.FORWARD_CHAR), "\033[C");
            keys.bind(new Reference(LineReader.BACKWARD_CHAR), "\033[D");
        }
    }

    /** Opens the terminal; empty where it can do no more than lines. */
    static Optional<LineSource> open(Completer completer, Optional<Path> history, Streams streams) {
        try {
            Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).providers("ffm,exec").build();
            if (terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
                terminal.close();
                return Optional.empty();
            }
            return Optional.of(new EditedLines(terminal, completer, history, streams));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Input read(String draft) {
        try {
            return new Input.Text(MultiLine.unwrap(reader.readLine(prompt, null, (Character) null, draft.isEmpty() ? null : draft)));
        } catch (UserInterruptException e) {
            return new Input.Interrupted(e.getPartialLine() == null || e.getPartialLine().isEmpty());
        } catch (EndOfFileException e) {
            return new Input.End();
        }
    }

    @Override
    public boolean editable() {
        return true;
    }

    @Override
    public int columns() {
        return terminal.getWidth() > 0 ? terminal.getWidth() : 80;
    }

    @Override
    public void close() {
        try {
            terminal.setAttributes(before);
            terminal.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

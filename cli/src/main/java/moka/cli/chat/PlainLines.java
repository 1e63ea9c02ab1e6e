package moka.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import moka.cli.terminal.Streams;

/** Lines as they come, without a line editor: where standard output is no terminal, or the terminal cannot do more. */
final class PlainLines implements LineSource {
    private final Streams streams;
    private final BufferedReader reader;

    PlainLines(Streams streams) {
        this.streams = streams;
        this.reader = new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
    }

    @Override
    public Input read(String draft) {
        prompt("> ");
        StringBuilder text = new StringBuilder();
        try {
            do {
                String line = reader.readLine();
                if (line == null) {
                    return text.isEmpty() ? new Input.End() : new Input.Text(text.toString());
                }
                text.append(text.isEmpty() ? "" : "\n").append(line);
            } while (MultiLine.isOpen(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Input.Text(MultiLine.unwrap(text.toString()));
    }

    private void prompt(String prompt) {
        if (streams.inputIsTerminal() && streams.errorIsTerminal()) {
            streams.err().print(prompt);
            streams.err().flush();
        }
    }

    @Override
    public boolean editable() {
        return false;
    }

    @Override
    public int columns() {
        return streams.columns();
    }

    @Override
    public void close() {}
}

package moka.cli.chat;

import java.util.List;
import java.util.Map;
import org.jline.reader.LineReader;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;

/**
 * The line editor with one correction. To bring the cursor to the right margin JLine writes the last character of the line again, in the last
 * column; a character two columns wide does not fit there, stands on the next line a second time, and everything below is off by a line. Here
 * such a character is written from the column where it belongs.
 */
final class WideLineReader extends LineReaderImpl {
    private static final int WIDE = 2;

    WideLineReader(Terminal terminal, String appName, Map<String, Object> variables) {
        super(terminal, appName, variables);
        // Asked for after each line's display is made, and before anything is drawn on it.
        getWidgets().put(LineReader.CALLBACK_INIT, this::replaceDisplay);
    }

    private boolean replaceDisplay() {
        display = new WideDisplay(terminal);
        display.resize(size.getRows(), size.getColumns());
        return true;
    }

    private static final class WideDisplay extends Display {
        WideDisplay(Terminal terminal) {
            super(terminal, false);
        }

        @Override
        protected void moveVisualCursorTo(int target, List<AttributedString> lines) {
            int row = target / columns1;
            if (cursorPos != target && target % columns1 == columns && row < lines.size()) {
                AttributedString last = lines.get(row).columnSubSequence(columns - 1, columns);
                if (last.columnLength() == WIDE) {
                    moveVisualCursorTo(target - WIDE);
                    last.print(terminal);
                    cursorPos = target;
                    return;
                }
            }
            super.moveVisualCursorTo(target, lines);
        }
    }
}

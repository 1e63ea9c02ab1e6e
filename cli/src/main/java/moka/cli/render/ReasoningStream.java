package moka.cli.render;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * Tells reasoning from the answer while it streams: what stands between {@code <think>} and {@code </think>}, or other pairs of marks
 * that models use. The marks themselves belong to neither. Not thread-safe.
 */
public final class ReasoningStream {
    private record Marks(String open, String close) {}

    private static final List<Marks> PAIRS = List.of(
            new Marks("<think>", "</think>"), new Marks("<thinking>", "</thinking>"), new Marks("[THINK]", "[/THINK]"),
            new Marks("<reasoning>", "</reasoning>"), new Marks("<|channel>thought", "<channel|>"));

    private final BiConsumer<String, Boolean> sink;
    private final StringBuilder held = new StringBuilder();
    private String close;
    private boolean begun;
    private boolean atStart = true;
    private boolean leading = true;

    /**
     * @param begun whether the prompt ends inside of reasoning, as some templates have it
     * @param sink told each piece, and whether it is reasoning
     */
    public ReasoningStream(boolean begun, BiConsumer<String, Boolean> sink) {
        this.begun = begun;
        this.close = PAIRS.getFirst().close;
        this.sink = sink;
    }

    /** Whether a rendered prompt ends inside of reasoning. */
    public static boolean begunIn(String prompt) {
        String end = prompt.stripTrailing();
        return PAIRS.stream().anyMatch(pair -> end.endsWith(pair.open));
    }

    public void accept(String piece) {
        held.append(piece);
        while (step()) {
            // until nothing more can be told
        }
    }

    /** Tells what is held: the answer ended. */
    public void finish() {
        tell(held.length());
    }

    private boolean step() {
        if (begun) {
            if (leading) {
                held.delete(0, held.length() - held.toString().stripLeading().length());
                leading = held.isEmpty();
            }
            int at = held.indexOf(close);
            if (at < 0) {
                tell(held.length() - partial(close));
                return false;
            }
            tell(at);
            drop(close.length());
            begun = false;
            atStart = false;
            return true;
        }
        return atStart ? lookForOpening() : answer();
    }

    // Reasoning comes first or not at all: a mark later in the text is text.
    private boolean lookForOpening() {
        String start = held.toString().stripLeading();
        if (start.isEmpty()) {
            return false;
        }
        for (Marks pair : PAIRS) {
            if (start.startsWith(pair.open)) {
                held.setLength(0);
                held.append(start.substring(pair.open.length()));
                close = pair.close;
                begun = true;
                return true;
            }
        }
        if (PAIRS.stream().anyMatch(pair -> pair.open.startsWith(start))) {
            return false;
        }
        atStart = false;
        return true;
    }

    private boolean answer() {
        tell(held.length());
        return false;
    }

    /** Length of the longest end of what is held that begins the mark. */
    private int partial(String mark) {
        for (int length = Math.min(mark.length() - 1, held.length()); length > 0; length--) {
            if (mark.startsWith(held.substring(held.length() - length))) {
                return length;
            }
        }
        return 0;
    }

    private void tell(int length) {
        if (length > 0) {
            sink.accept(held.substring(0, length), begun);
            drop(length);
        }
    }

    private void drop(int length) {
        held.delete(0, length);
    }
}

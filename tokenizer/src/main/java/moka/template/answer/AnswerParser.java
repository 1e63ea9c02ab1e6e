package moka.template.answer;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Takes an answer apart while it arrives: text for the user, reasoning, tool calls. However the text is cut, the same parts come out.
 * One parser reads one answer, on one thread.
 *
 * <pre>{@code
 * var parser = new AnswerParser(AnswerFormat.of(template), listener);
 * parser.accept("<think>Easy.</thi");
 * parser.accept("nk>Four.");
 * Answer answer = parser.finish();   // content "Four.", reasoning "Easy."
 * }</pre>
 *
 * Markers are often control tokens, which a decoder for people leaves out: it must write those that {@link #isMarker} names.
 */
public final class AnswerParser {
    private static final Set<String> HARMONY_MARKERS =
            Set.of("<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>");
    private static final Set<String> FUNCTIONARY_MARKERS = Set.of("<|recipient|>", "<|content|>", "<|from|>", "<|stop|>");
    /** Separators inside of calls. */
    private static final Set<String> INNER_MARKERS = Set.of("<|tool_call_argument_begin|>", "<｜tool▁sep｜>", "[ARGS]", "[CALL_ID]", "｜DSML｜", "<|channel>", "<|\"|>");

    private final AnswerBuilder out;
    private final Reader reader;
    private final Set<String> markers;
    private boolean finished;

    /** A parser for an answer to a prompt that is not known. */
    public AnswerParser(AnswerFormat format, AnswerListener listener) {
        this(format, listener, "", List.of());
    }

    /**
     * @param prompt what the model answers, of which the end counts: it may open the reasoning; may be empty
     * @param tools as the template got them: they tell numbers from text where the notation does not; may be empty
     */
    public AnswerParser(AnswerFormat format, AnswerListener listener, String prompt, List<?> tools) {
        this.out = new AnswerBuilder(listener);
        this.reader = switch (format) {
            case HARMONY -> new HarmonyReader(out);
            case FUNCTIONARY_2 -> RecipientReader.version2(out);
            case FUNCTIONARY_3_2 -> RecipientReader.version3(out);
            default -> {
                var bodies = new CallBody(new ToolSchemas(tools));
                yield new MarkedReader(format.sections(), format.hasBareCalls(), openReasoning(format, prompt), bodies, out);
            }
        };
        this.markers = markers(format);
    }

    private static Set<String> markers(AnswerFormat format) {
        return switch (format) {
            case HARMONY -> HARMONY_MARKERS;
            case FUNCTIONARY_2 -> FUNCTIONARY_MARKERS;
            case FUNCTIONARY_3_2 -> Set.of();
            default -> {
                var markers = new TreeSet<>(INNER_MARKERS);
                for (Section section : format.sections()) {
                    markers.add(section.open());
                    markers.add(section.close());
                }
                yield markers;
            }
        };
    }

    /** Whether the parser needs to see a control token of this text. */
    public boolean isMarker(String tokenText) {
        return markers.contains(tokenText);
    }

    /** Reads on. */
    public void accept(String text) {
        if (finished) {
            throw new IllegalStateException("the answer is finished");
        }
        reader.read(text, false);
    }

    /** Tells what was held back, and all of the answer. */
    public Answer finish() {
        if (!finished) {
            finished = true;
            reader.read("", true);
        }
        return out.finish();
    }

    /** Takes a whole answer apart. */
    public static Answer parse(AnswerFormat format, String text) {
        var parser = new AnswerParser(format, AnswerListener.SILENT);
        parser.accept(text);
        return parser.finish();
    }

    /** The reasoning that a prompt ends with the marker of. */
    private static Optional<Section> openReasoning(AnswerFormat format, String prompt) {
        String text = prompt.stripTrailing();
        return format.sections().stream()
                .filter(section -> section.kind() == Section.Kind.REASONING && text.endsWith(section.open()))
                .findFirst();
    }
}

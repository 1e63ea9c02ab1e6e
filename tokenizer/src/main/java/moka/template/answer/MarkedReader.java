package moka.template.answer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.template.answer.Section.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers in which markers set reasoning and calls apart from the text. Text is told as soon as no marker can begin in it; a call
 * as soon as it is whole. What looks like a call and cannot be understood is text.
 */
final class MarkedReader implements Reader {
    private final List<Section> sections;
    private final boolean bareCalls;
    private final CallBody bodies;
    private final AnswerBuilder out;
    /** What has arrived and is not told; in a call, from its marker on. */
    private final StringBuilder text = new StringBuilder();

    private State state;
    /** The section that the text is in, if it is in one. */
    private Section section = Section.BARE_CALL;
    /** Looks for the end of the call's JSON, once that has begun. */
    private @Nullable JsonEnd jsonEnd;
    /** How far the closing marker of a call has been looked for. */
    private int searched;

    private enum State {
        /** At the begin or behind a marker: a bracket would be a call. */
        BEGIN,
        CONTENT,
        /** At the begin of reasoning that the template has opened. */
        REASONING_BEGIN,
        REASONING,
        CALL,
        /** Behind a call without markers: another may follow. */
        AFTER_BARE_CALL
    }

    /** @param bareCalls whether an answer that begins with a bracket is a call @param open reasoning that the prompt began */
    MarkedReader(List<Section> sections, boolean bareCalls, Optional<Section> open, CallBody bodies, AnswerBuilder out) {
        this.sections = sections;
        this.bareCalls = bareCalls;
        this.bodies = bodies;
        this.out = out;
        this.state = bareCalls ? State.BEGIN : State.CONTENT;
        open.ifPresent(reasoning -> enter(reasoning, State.REASONING_BEGIN));
    }

    @Override
    public void read(String more, boolean end) {
        text.append(more);
        while (!text.isEmpty() && step(end)) {}
    }

    /** @return whether to go on: false if more text is needed */
    private boolean step(boolean end) {
        return switch (state) {
            case BEGIN, AFTER_BARE_CALL -> bareCall(end);
            case CONTENT -> content(end);
            case REASONING_BEGIN -> reasoningBegin(end);
            case REASONING -> reasoning(end);
            case CALL -> call(end);
        };
    }

    private boolean bareCall(boolean end) {
        boolean after = state == State.AFTER_BARE_CALL;
        int at = skipSpace(0);
        while (after && at < text.length() && (text.charAt(at) == ';' || text.charAt(at) == ',')) {
            at = skipSpace(at + 1);
        }
        if (at == text.length() && !end) {
            return false;
        }
        if (at < text.length() && (text.charAt(at) == '{' || text.charAt(at) == '[')) {
            text.delete(0, after ? at : 0);
            enter(Section.BARE_CALL, State.CALL);
        } else {
            text.delete(0, after && at == text.length() ? at : 0);
            state = State.CONTENT;
        }
        return true;
    }

    private boolean content(boolean end) {
        Section next = firstSection(false, text.length());
        if (next == null) {
            tell(text.length() - (end ? 0 : heldBack("")), false);
            return false;
        }
        tell(text.indexOf(next.open()), false);
        switch (next.kind()) {
            case MARKER -> {
                drop(next.open().length());
                state = bareCalls ? State.BEGIN : State.CONTENT;
            }
            case REASONING -> {
                drop(next.open().length());
                enter(next, State.REASONING);
            }
            // The marker of a call stays until the call is understood: else it is shown.
            default -> enter(next, State.CALL);
        }
        return true;
    }

    /** Some models repeat the marker that the template wrote. */
    private boolean reasoningBegin(boolean end) {
        int at = skipSpace(0);
        String arrived = text.substring(at, Math.min(text.length(), at + section.open().length()));
        if (!end && arrived.length() < section.open().length() && section.open().startsWith(arrived)) {
            return false;
        }
        text.delete(0, arrived.equals(section.open()) ? at + arrived.length() : 0);
        state = State.REASONING;
        return true;
    }

    private boolean reasoning(boolean end) {
        int close = text.indexOf(section.close());
        Section next = firstSection(true, close < 0 ? text.length() : close);
        if (next == null && close < 0) {
            tell(text.length() - (end ? 0 : heldBack(section.close())), true);
            return false;
        }
        tell(next == null ? close : text.indexOf(next.open()), true);
        drop(next == null ? section.close().length() : 0);
        state = State.CONTENT;
        return true;
    }

    private boolean call(boolean end) {
        int begin = skipSpace(section.open().length());
        if (begin == text.length() && !end) {
            return false;
        }
        boolean bracket = begin < text.length() && (text.charAt(begin) == '{' || text.charAt(begin) == '[');
        if (bracket && section.kind() != Kind.NAMED_CALL || bracket && section.close().isEmpty()) {
            return json(begin, begin, end);
        }
        if (section.kind() == Kind.NAMED_CALL && section.close().isEmpty()) {
            int brace = text.indexOf("{", begin);
            return brace < 0 ? end && understood(List.of(), text.length()) : json(begin, brace, end);
        }
        return closed(begin, end);
    }

    /** A call that ends where its JSON ends, and with the closing marker if that follows. */
    private boolean json(int begin, int bracket, boolean end) {
        if (jsonEnd == null) {
            jsonEnd = new JsonEnd(bracket);
        }
        int stop = jsonEnd.find(text);
        if (stop < 0) {
            return end && broken();
        }
        int at = skipSpace(stop);
        String rest = text.substring(at, Math.min(text.length(), at + section.close().length()));
        if (!end && !section.close().isEmpty() && rest.length() < section.close().length() && section.close().startsWith(rest)) {
            return false;
        }
        List<ToolCall> calls = bodies.read(text.substring(begin, stop));
        boolean another = at < text.length() && text.charAt(at) == '{' && !section.close().isEmpty() && !calls.isEmpty();
        if (another) {
            out.calls(calls);
            text.delete(section.open().length(), at);
            jsonEnd = null;
            return true;
        }
        return understood(calls, rest.equals(section.close()) ? at + rest.length() : stop);
    }

    /** A call that ends with its closing marker, or with the answer. */
    private boolean closed(int begin, boolean end) {
        int stop = section.close().isEmpty() ? -1 : text.indexOf(section.close(), Math.max(begin, searched));
        if (stop < 0 && !end) {
            searched = Math.max(begin, text.length() - section.close().length());
            return false;
        }
        int bodyEnd = stop < 0 ? text.length() : stop;
        int close = stop < 0 ? bodyEnd : stop + section.close().length();
        // Of <function=name> the marker is a part of the notation.
        boolean tag = section.open().startsWith("<function");
        String body = text.substring(tag ? 0 : begin, tag ? close : bodyEnd);
        List<ToolCall> calls = bodies.read(body);
        if (calls.isEmpty() && section.kind() == Kind.CODE && !body.isBlank()) {
            calls = List.of(new ToolCall("", "python", Json.write(Map.of("code", body.strip()))));
        }
        return understood(calls, close);
    }

    /** JSON that never ends: the part up to the closing marker, or all of it, is shown as it is. */
    private boolean broken() {
        int close = section.close().isEmpty() ? -1 : text.indexOf(section.close(), section.open().length());
        return understood(List.of(), close < 0 ? text.length() : close + section.close().length());
    }

    private boolean understood(List<ToolCall> calls, int close) {
        if (calls.isEmpty()) {
            tell(close, false);
        } else {
            drop(close);
            out.calls(calls);
        }
        state = section == Section.BARE_CALL && !calls.isEmpty() ? State.AFTER_BARE_CALL : State.CONTENT;
        return true;
    }

    private void enter(Section next, State entered) {
        section = next;
        state = entered;
        jsonEnd = null;
        searched = 0;
    }

    private void tell(int end, boolean reasoning) {
        String told = text.substring(0, end);
        if (reasoning) {
            out.reasoning(told);
        } else {
            out.content(told);
        }
        text.delete(0, end);
    }

    private void drop(int length) {
        text.delete(0, length);
        out.marker();
    }

    /** The section whose marker stands first before a limit, or null. */
    private @Nullable Section firstSection(boolean inReasoning, int limit) {
        Section next = null;
        int first = limit;
        for (Section one : sections) {
            int at = inReasoning && !one.endsReasoning() ? -1 : text.indexOf(one.open());
            if (at >= 0 && at < first) {
                first = at;
                next = one;
            }
        }
        return next;
    }

    /** Length of the longest end of the text that a marker may begin with. */
    private int heldBack(String marker) {
        int longest = partial(marker);
        for (Section one : sections) {
            longest = Math.max(longest, partial(one.open()));
        }
        return longest;
    }

    private int partial(String marker) {
        for (int length = Math.min(marker.length() - 1, text.length()); length > 0; length--) {
            int at = text.length() - length;
            if (text.charAt(at) == marker.charAt(0) && marker.startsWith(text.substring(at))) {
                return length;
            }
        }
        return 0;
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}

package moka.template.answer;

import java.util.List;
import java.util.Map;

/**
 * Reads the messages of Functionary, each to a recipient: {@code >>>NAME}, a line break and its text in version 3.2,
 * {@code <|recipient|>NAME}, {@code <|content|>} and its text in version 2. The recipient {@code all} is the user, others are tools. The
 * marker before the first recipient is the template's.
 */
final class RecipientReader implements Reader {
    private static final String USER = "all";
    private static final int LONGEST_NAME = 64;

    private final String begin;
    private final String contentBegin;
    private final List<String> ends;
    private final AnswerBuilder out;
    private final StringBuilder text = new StringBuilder();
    private State state = State.FIRST;
    private String recipient = "";

    private enum State {
        /** At the first recipient, or in a text without any. */
        FIRST,
        CONTENT,
        CALL
    }

    private RecipientReader(String begin, String contentBegin, List<String> ends, AnswerBuilder out) {
        this.begin = begin;
        this.contentBegin = contentBegin;
        this.ends = ends;
        this.out = out;
    }

    static RecipientReader version3(AnswerBuilder out) {
        return new RecipientReader(">>>", "\n", List.of(), out);
    }

    static RecipientReader version2(AnswerBuilder out) {
        return new RecipientReader("<|recipient|>", "\n<|content|>", List.of("<|stop|>", "\n<|from|>assistant\n", "<|from|>assistant\n"), out);
    }

    @Override
    public void read(String more, boolean end) {
        text.append(more);
        while (!text.isEmpty() && step(end)) {}
    }

    private boolean step(boolean end) {
        if (state != State.FIRST) {
            return body(end);
        }
        int at = text.indexOf(begin) == 0 ? begin.length() : 0;
        int header = header(at, end);
        if (header == 0 || !end && begin.startsWith(text.toString())) {
            return false;
        }
        if (header < 0) {
            state = State.CONTENT;
            recipient = USER;
            return true;
        }
        enter(at, header);
        return true;
    }

    private void enter(int nameBegin, int header) {
        recipient = text.substring(nameBegin, header - contentBegin.length()).strip();
        state = recipient.equals(USER) ? State.CONTENT : State.CALL;
        text.delete(0, header);
        out.marker();
    }

    /** Where a header's name ends with what begins the text: the offset behind, 0 if it may still arrive, -1 if this is no header. */
    private int header(int from, boolean end) {
        int at = from;
        while (at < text.length() && at - from < LONGEST_NAME && isName(text.charAt(at))) {
            at++;
        }
        String rest = text.substring(at, Math.min(text.length(), at + contentBegin.length()));
        boolean arriving = contentBegin.startsWith(rest);
        if (at > from && rest.equals(contentBegin)) {
            int behind = at + rest.length();
            boolean forUser = text.substring(from, at).equals(USER);
            // A tool's text begins with a brace, python's with anything: what else looks like this is a word on a line.
            if (forUser || !begin.equals(">>>") || text.substring(from, at).equals("python")) {
                return behind;
            }
            return behind == text.length() ? end ? -1 : 0 : text.charAt(behind) == '{' ? behind : -1;
        }
        return arriving && !end && (at > from || rest.isEmpty()) ? 0 : -1;
    }

    private static boolean isName(char one) {
        return Character.isLetterOrDigit(one) || one == '_' || one == '-' || one == '.';
    }

    private boolean body(boolean end) {
        int from = 0;
        while (true) {
            int stop = text.indexOf(begin, from);
            int other = -1;
            String marker = "";
            for (String one : ends) {
                int at = text.indexOf(one, from);
                if (at >= 0 && (other < 0 || at < other)) {
                    other = at;
                    marker = one;
                }
            }
            if (other >= 0 && (stop < 0 || other < stop)) {
                tell(text.substring(0, other), true);
                text.delete(0, other + marker.length());
                out.marker();
                state = State.FIRST;
                return true;
            }
            if (stop < 0) {
                return rest(end);
            }
            int header = header(stop + begin.length(), end);
            if (header > 0) {
                tell(text.substring(0, stop), true);
                enter(stop + begin.length(), header);
                return true;
            }
            if (header == 0) {
                return false;
            }
            from = stop + 1;
        }
    }

    private boolean rest(boolean end) {
        if (end) {
            tell(text.toString(), true);
            text.setLength(0);
        } else if (state == State.CONTENT) {
            int told = text.length() - heldBack();
            tell(text.substring(0, told), false);
            text.delete(0, told);
        }
        return false;
    }

    private void tell(String part, boolean whole) {
        if (state == State.CONTENT) {
            out.content(part);
        } else if (whole) {
            List<ToolCall> calls = CallBody.named("", recipient, part);
            out.calls(!calls.isEmpty() ? calls : List.of(new ToolCall("", recipient, Json.write(Map.of("code", part.strip())))));
        }
    }

    private int heldBack() {
        int longest = 0;
        for (int length = 1; length < Math.min(text.length() + 1, 24); length++) {
            String tail = text.substring(text.length() - length);
            boolean partial = begin.startsWith(tail) || ends.stream().anyMatch(one -> one.startsWith(tail));
            longest = partial ? length : longest;
        }
        return longest;
    }
}

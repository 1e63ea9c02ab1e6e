package moka.template.answer;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the messages of gpt-oss: {@code <|channel|>NAME to=RECIPIENT <|constrain|>json<|message|>TEXT<|end|><|start|>assistant…}. The channel
 * {@code analysis} is reasoning; what has a recipient is a call of its tool; all else is for the user.
 */
final class HarmonyReader implements Reader {
    private static final String MESSAGE = "<|message|>";
    private static final List<String> HEADER_BEGINS = List.of("<|start|>", "<|channel|>", "<|constrain|>", MESSAGE, " to=", "to=");
    private static final List<String> BODY_ENDS = List.of("<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>");
    private static final Pattern RECIPIENT = Pattern.compile("to=([^\\s<]+)");
    private static final Pattern CHANNEL = Pattern.compile("<\\|channel\\|>\\s*([a-z]+)");

    private final AnswerBuilder out;
    private final StringBuilder text = new StringBuilder();
    private State state = State.BEGIN;
    private String recipient = "";

    private enum State {
        /** Where an answer without any marker is still possible. */
        BEGIN,
        HEADER,
        CONTENT,
        REASONING,
        CALL
    }

    HarmonyReader(AnswerBuilder out) {
        this.out = out;
    }

    @Override
    public void read(String more, boolean end) {
        text.append(more);
        while (!text.isEmpty() && step(end)) {}
    }

    private boolean step(boolean end) {
        return switch (state) {
            case BEGIN -> begin(end);
            case HEADER -> header(end);
            default -> body(end);
        };
    }

    private boolean begin(boolean end) {
        String arrived = text.toString();
        boolean header = HEADER_BEGINS.stream().anyMatch(arrived::startsWith);
        if (!header && !end && HEADER_BEGINS.stream().anyMatch(one -> one.startsWith(arrived))) {
            return false;
        }
        state = header ? State.HEADER : State.CONTENT;
        return true;
    }

    private boolean header(boolean end) {
        int message = text.indexOf(MESSAGE);
        if (message < 0) {
            if (end) {
                // A header that was cut off says nothing.
                out.marker();
                text.setLength(0);
            }
            return false;
        }
        String header = text.substring(0, message);
        Matcher to = RECIPIENT.matcher(header);
        Matcher channel = CHANNEL.matcher(header);
        recipient = to.find() ? to.group(1) : "";
        boolean reasoning = channel.find() && channel.group(1).equals("analysis");
        state = !recipient.isEmpty() && !recipient.equals("assistant") && !recipient.equals("user")
                ? State.CALL
                : reasoning ? State.REASONING : State.CONTENT;
        text.delete(0, message + MESSAGE.length());
        out.marker();
        return true;
    }

    private boolean body(boolean end) {
        String marker = "";
        int stop = text.length();
        for (String one : BODY_ENDS) {
            int at = text.indexOf(one);
            if (at >= 0 && at < stop) {
                stop = at;
                marker = one;
            }
        }
        if (!marker.isEmpty() || end) {
            tell(text.substring(0, stop), true);
            // What begins the next message belongs to its header.
            boolean next = marker.equals("<|start|>") || marker.equals("<|channel|>");
            text.delete(0, stop + (next ? 0 : marker.length()));
            if (!marker.isEmpty()) {
                out.marker();
                state = State.BEGIN;
            }
            return true;
        }
        if (state != State.CALL) {
            int told = text.length() - heldBack();
            tell(text.substring(0, told), false);
            text.delete(0, told);
        }
        return false;
    }

    private void tell(String part, boolean whole) {
        switch (state) {
            case REASONING -> out.reasoning(part);
            case CALL -> {
                if (whole) {
                    call(part);
                }
            }
            default -> out.content(part);
        }
    }

    private void call(String body) {
        String name = recipient.startsWith("functions.") ? recipient.substring("functions.".length()) : recipient;
        List<ToolCall> calls = CallBody.named("", name, body);
        // Built-in tools take what they are given as it stands: python takes code.
        out.calls(!calls.isEmpty() ? calls : List.of(new ToolCall("", name, Json.write(Map.of("code", body.strip())))));
    }

    private int heldBack() {
        int longest = 0;
        for (String one : BODY_ENDS) {
            for (int length = Math.min(one.length() - 1, text.length()); length > longest; length--) {
                if (one.startsWith(text.substring(text.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}

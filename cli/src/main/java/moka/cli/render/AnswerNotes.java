package moka.cli.render;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import moka.engine.GenerationResult;
import moka.engine.Session;
import moka.engine.SpeculationCounts;
import moka.engine.StopReason;
import moka.engine.Timings;

/** Lines on standard error about an answer. */
public final class AnswerNotes {
    private AnswerNotes() {}

    /** Says when an answer was cut; with {@code verbose} also what it cost. */
    public static List<String> afterAnswer(Session session, GenerationResult result, boolean verbose) {
        List<String> notes = new ArrayList<>();
        if (result.stopReason() == StopReason.CONTEXT_FULL) {
            notes.add("moka: the context of " + session.contextLength()
                    + " tokens is full: the answer is cut; a larger --context holds more");
        }
        if (verbose) {
            notes.add(statistics(result));
            session.model().kernelNotes().forEach(note -> notes.add("  " + note));
        }
        return notes;
    }

    /** What an answer cost, as one line. */
    public static String statistics(GenerationResult result) {
        Timings timings = result.timings();
        String guesses = result.speculation().passes() == 0 ? "" : "; " + guesses(result.speculation());
        return String.format(
                Locale.ROOT,
                "prompt %d tokens in %.2f s (%.1f tokens/s), %d reused; answer %d tokens in %.2f s (%.1f tokens/s)%s; %s; seed %d",
                timings.prefillTokens(),
                timings.prefillNanos() / 1e9,
                timings.prefillTokensPerSecond(),
                timings.reusedTokens(),
                timings.decodeTokens(),
                timings.decodeNanos() / 1e9,
                timings.decodeTokensPerSecond(),
                guesses,
                reason(result.stopReason()),
                result.seed());
    }

    /** How guessing ahead went. */
    public static String guesses(SpeculationCounts counts) {
        return String.format(
                Locale.ROOT,
                "%d of %d guesses accepted (%.0f %%), %d passes",
                counts.accepted(), counts.guessed(), 100 * counts.acceptance(), counts.passes());
    }

    /** Why it ended, in words. */
    public static String reason(StopReason reason) {
        return switch (reason) {
            case END_OF_GENERATION -> "ended by the model";
            case STOP_TEXT -> "ended by a stop text";
            case MAX_TOKENS -> "ended by --max-tokens";
            case CONTEXT_FULL -> "ended by the full context";
            case CANCELLED -> "interrupted";
        };
    }
}

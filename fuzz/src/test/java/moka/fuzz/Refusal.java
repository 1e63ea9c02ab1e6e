package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a parser may say of an input that it does not take: one line that a person can read. */
public final class Refusal {
    private static final int LONGEST = 4000;

    private Refusal() {}

    /** @throws AssertionError if the message is none, or not one line */
    public static void check(RuntimeException refusal) {
        check(String.valueOf(refusal.getMessage()));
    }

    /** @throws AssertionError if the message is none, or not one line, or one that a terminal would obey */
    public static void check(String message) {
        assertFalse(message.isBlank(), "a refusal without a word");
        assertEquals(1, message.lines().count(), "more than one line: " + message);
        assertTrue(message.codePoints().noneMatch(Character::isISOControl), "a message with control characters: " + message);
        assertTrue(message.length() <= LONGEST, "a message of " + message.length() + " characters");
    }
}

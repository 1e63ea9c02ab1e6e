package moka.cli.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MultiLineTest {
    @Test
    void staysOpenUntilTheQuotesClose() {
        assertTrue(MultiLine.isOpen("\"\"\""));
        assertTrue(MultiLine.isOpen("\"\"\"one\ntwo"));
        assertFalse(MultiLine.isOpen("\"\"\"one\ntwo\"\"\""));
        assertFalse(MultiLine.isOpen("say \"\"\" twice"));
        assertTrue(MultiLine.isOpen("one\\"));
        assertFalse(MultiLine.isOpen("one\\\ntwo"));
    }

    @Test
    void takesQuotesAndBackslashesAway() {
        assertEquals("one\ntwo", MultiLine.unwrap("\"\"\"\none\ntwo\n\"\"\""));
        assertEquals("one\ntwo", MultiLine.unwrap("one\\\ntwo"));
        assertEquals("a \"\"\" b", MultiLine.unwrap("a \"\"\" b"));
    }
}

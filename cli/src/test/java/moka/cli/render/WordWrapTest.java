package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WordWrapTest {
    @Test
    void breaksBetweenWords() {
        assertEquals("one two\nthree", WordWrap.wrap("one two three", 8));
        assertEquals("one two\nthree\n", WordWrap.wrap("one two three\n", 8));
        assertEquals("  in\n  out", WordWrap.wrap("  in\n  out", 8));
        assertEquals("你好\n世界", WordWrap.wrap("你好世界", 5));
        assertEquals("a b", WordWrap.wrap("a b", 0));
    }

    @Test
    void countsNoColumnsForStyles() {
        assertEquals(Ansi.BOLD + "one" + Ansi.RESET + " two", WordWrap.wrap(Ansi.BOLD + "one" + Ansi.RESET + " two", 7));
    }

    @Test
    void neverExceedsTheWidthAndKeepsTheWords() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 30; i++) {
                text.append("x".repeat(1 + random.nextInt(9))).append(random.nextInt(8) == 0 ? "\n" : " ");
            }
            WordWrap wrap = new WordWrap(10);
            StringBuilder wrapped = new StringBuilder();
            text.chars().forEach(c -> wrapped.append(wrap.accept(String.valueOf((char) c))));
            wrapped.append(wrap.finish());
            wrapped.toString().lines().forEach(line -> assertTrue(line.stripTrailing().length() <= 10, line));
            assertEquals(text.toString().replaceAll("\\s+", " ").strip(), wrapped.toString().replaceAll("\\s+", " ").strip());
        }
    }
}

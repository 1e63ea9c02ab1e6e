package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopTextsTest {
    @Test
    void findsAStopTextThatTokensCutAnywhere() {
        String text = "Hello\nUser: again";
        for (int first = 0; first <= text.length(); first++) {
            for (int second = first; second <= text.length(); second++) {
                StopTexts stops = new StopTexts(List.of("\nUser:"));
                String told = stops.accept(text.substring(0, first)) + stops.accept(text.substring(first, second))
                        + stops.accept(text.substring(second)) + stops.finish();
                assertEquals("Hello", told);
                assertTrue(stops.found());
            }
        }
    }

    @Test
    void holdsBackOnlyWhatMayBeginAStopText() {
        StopTexts stops = new StopTexts(List.of("<end>", "\n\n"));
        assertEquals("ab", stops.accept("ab<"));
        assertEquals("", stops.accept("en"));
        assertEquals("<enx", stops.accept("x\n"));
        assertEquals("\n", stops.finish());
        assertFalse(stops.found());
    }

    @Test
    void tellsTheSameAsASearchOfTheWholeText() {
        SplittableRandom random = new SplittableRandom(5);
        int found = 0;
        for (int round = 0; round < 3000; round++) {
            List<String> stops = List.of(random(random, 1 + random.nextInt(3)), random(random, 1 + random.nextInt(4)));
            String text = random(random, 20);
            int first = stops.stream().mapToInt(text::indexOf).filter(at -> at >= 0).min().orElse(-1);
            StopTexts watcher = new StopTexts(stops);
            var told = new StringBuilder();
            for (int at = 0; at < text.length() && !watcher.found(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(4));
                told.append(watcher.accept(text.substring(at, end)));
                at = end;
            }
            told.append(watcher.finish());
            assertEquals(first >= 0, watcher.found());
            if (first < 0) {
                assertEquals(text, told.toString());
            } else {
                found++;
                // Where one stop text ends within another that began earlier, the one that is complete first counts.
                assertTrue(text.startsWith(told.toString()) && told.length() >= first, stops + " in " + text + ": " + told);
            }
        }
        assertTrue(found > 500, "found " + found);
    }

    private static String random(SplittableRandom random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }

    @Test
    void emptyStopTextsAreLeftOut() {
        StopTexts stops = new StopTexts(List.of(""));
        assertEquals("abc", stops.accept("abc"));
        assertFalse(stops.found());
    }
}

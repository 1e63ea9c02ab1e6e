package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    @Test
    void breaksNoWordThatFitsBehindOneThatDoesNot() {
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 30; i++) {
                text.append("x".repeat(random.nextInt(4) == 0 ? 11 + random.nextInt(20) : 1 + random.nextInt(10))).append(' ');
            }
            WordWrap wrap = new WordWrap(10);
            StringBuilder wrapped = new StringBuilder();
            text.chars().forEach(c -> wrapped.append(wrap.accept(String.valueOf((char) c))));
            // What the terminal shows: a line that is full goes on in the next row.
            String shown = wrapped.append(wrap.finish()).toString().lines()
                    .flatMap(line -> Stream.iterate(0, at -> at < Math.max(1, line.stripTrailing().length()), at -> at + 10)
                            .map(at -> line.substring(at, Math.min(line.length(), at + 10))))
                    .collect(Collectors.joining("\n"));
            for (String word : text.toString().split(" ")) {
                assertTrue(word.length() > 10 || Stream.of(shown.split("\\s+")).anyMatch(word::equals), word + " in\n" + shown);
            }
            long kept = Stream.of(text.toString().split(" ")).filter(word -> word.length() <= 10).count();
            assertTrue(Stream.of(shown.split("\\s+")).count() >= kept, shown);
        }
    }

    @Test
    void holdsNothingBackOfAWordThatIsLongerThanALine() {
        WordWrap wrap = new WordWrap(10);
        assertEquals("one", wrap.accept("one "));
        assertEquals("", wrap.accept("xxxxxxxxxx"));
        assertEquals("\nxxxxxxxxxxx", wrap.accept("x"));
        assertEquals("x", wrap.accept("x"));
        assertEquals("y", wrap.accept("y "));
        assertEquals("", wrap.accept("1234"));
        assertEquals(" 1234", wrap.accept(" "));
        assertEquals("", wrap.accept("567"));
        assertEquals("\n567", wrap.finish());
    }

    @Test
    void showsScriptsWithoutSpacesAsTheyCome() {
        WordWrap thai = new WordWrap(10);
        assertEquals("\u0e2a", thai.accept("\u0e2a\u0e27")); // all but the last letter, to which marks may come
        assertEquals("\u4f60", new WordWrap(10).accept("\u4f60\u597d"));
    }

    @Test
    void keepsWhatBelongsTogether() {
        assertEquals("\u4f60\n\u597d\u3002", WordWrap.wrap("\u4f60\u597d\u3002", 4)); // no full stop begins a line
        String family = "\ud83d\udc68\u200d\ud83d\udc69";
        assertEquals("abc\n" + family, WordWrap.wrap("abc" + family, 5));
    }

    @Test
    void leavesFencedCodeToTheTerminal() {
        String code = "```java\nint a = b + c;   // long\n\treturn;\n```\n";
        assertEquals(code + "one two\nthree", WordWrap.wrap(code + "one two three", 8));
        assertEquals("a\n  ```\na b c d e f\n  ```\ng h", WordWrap.wrap("a\n  ```\na b c d e f\n  ```\ng h", 8));
        assertEquals("```a b```\none two", WordWrap.wrap("```a b``` one two", 10));
    }

    @Test
    void goesOnWithAnotherWidth() {
        WordWrap wrap = new WordWrap(20);
        String before = wrap.accept("one two three ");
        wrap.resize(8);
        assertEquals("one two three\nfour\nfive six", before + wrap.accept("four five six") + wrap.finish());
    }

    @Test
    void countsTabsToTheirStops() {
        assertEquals("\tone two", WordWrap.wrap("\tone two", 15));
        assertEquals("ab\tone two", WordWrap.wrap("ab\tone two", 15));
        assertEquals("ab\tone\ntwo", WordWrap.wrap("ab\tone two", 14));
    }
}

package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MarkdownStreamTest {
    private static String coloured(String text) {
        MarkdownStream stream = new MarkdownStream(true);
        return stream.accept(text) + stream.finish();
    }

    private static String plain(String text) {
        return text.replaceAll("\033\\[[0-9;]*m", "");
    }

    @Test
    void coloursWhatIsMarkdown() {
        assertEquals("a " + Ansi.RESET + Ansi.BOLD + "**b**" + Ansi.RESET + " c", coloured("a **b** c"));
        assertEquals(Ansi.RESET + Ansi.ITALIC + "*b*" + Ansi.RESET, coloured("*b*"));
        assertEquals("x " + Ansi.RESET + Ansi.CYAN + "`**y`" + Ansi.RESET, coloured("x `**y`"));
        assertEquals(Ansi.BOLD + "## Title" + Ansi.RESET + "\ntext", coloured("## Title\ntext"));
        assertEquals(Ansi.YELLOW + "- " + Ansi.RESET + "item", coloured("- item"));
        assertEquals(Ansi.YELLOW + "12. " + Ansi.RESET + "item", coloured("12. item"));
        assertEquals(Ansi.DIM + "> quote" + Ansi.RESET + "\n", coloured("> quote\n"));
    }

    @Test
    void coloursFencedCodeAndNothingInIt() {
        assertEquals(
                Ansi.DIM + "```java" + Ansi.RESET + "\n" + Ansi.CYAN + "a **b** # c" + Ansi.RESET + "\n" + Ansi.DIM + "```" + Ansi.RESET + "\nend",
                coloured("```java\na **b** # c\n```\nend"));
    }

    @Test
    void leavesAloneWhatIsNot() {
        for (String text : new String[] {"2 * 3 * 4", "a*b", "#hashtag", "1.5 litres", "-5 degrees", "3) ", "a ** b", "5 > 3", "2*3*4"}) {
            assertEquals(text, plain(coloured(text)), text);
        }
        assertEquals("2 * 3 * 4", coloured("2 * 3 * 4"));
        assertEquals("#hashtag", coloured("#hashtag"));
        assertEquals("1.5 litres", coloured("1.5 litres"));
    }

    @Test
    void endsOpenStylesWithTheLine() {
        assertEquals(Ansi.RESET + Ansi.BOLD + "**open" + Ansi.RESET + "\nnext", coloured("**open\nnext"));
    }

    @Test
    void losesNoCharacterAndDoesNotDependOnThePieces() {
        String alphabet = "ab *`#->1.) \n\n**```_é";
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 2000; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(40);
            for (int i = 0; i < length; i++) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String whole = coloured(text.toString());
            MarkdownStream stream = new MarkdownStream(true);
            StringBuilder pieces = new StringBuilder();
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(4));
                pieces.append(stream.accept(text.substring(at, end)));
                at = end;
            }
            pieces.append(stream.finish());
            assertEquals(text.toString(), plain(whole));
            assertEquals(whole, pieces.toString());
            int last = whole.lastIndexOf("\033[");
            assertTrue(last < 0 || whole.startsWith(Ansi.RESET, last), () -> "style left open: " + whole.replace("\033", "^"));
        }
    }

    @Test
    void passesThroughWithoutColour() {
        MarkdownStream stream = new MarkdownStream(false);
        assertEquals("**a", stream.accept("**a"));
        assertEquals("", stream.finish());
    }
}

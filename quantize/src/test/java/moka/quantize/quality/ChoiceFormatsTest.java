package moka.quantize.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import moka.quantize.QuantizeException;
import org.junit.jupiter.api.Test;

class ChoiceFormatsTest {
    /** A token a character. */
    private static final ChoiceFormats FORMATS =
            new ChoiceFormats("tasks", text -> text.chars().toArray());

    @Test
    void hellaSwagScoresAllThatDiffersBetweenTheEndings() {
        ChoiceTask task = FORMATS.hellaSwag("A man\n2\nxa\nxb\nxcc\nxd\n", 400).getFirst();
        assertArrayEquals(new boolean[] {false, false, true, false}, task.right());
        ChoiceTask.Candidate third = task.candidates().get(2);
        assertArrayEquals("A man xcc".chars().toArray(), third.tokens());
        assertEquals(7, third.first());
        assertEquals(9, third.end());
    }

    @Test
    void hellaSwagDrawsEachTaskOnce() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            text.append("context ").append(i).append("\n0\na\nb\nc\nd\n");
        }
        List<ChoiceTask> drawn = FORMATS.hellaSwag(text.toString(), 30);
        assertEquals(30, drawn.stream().map(it -> Arrays.toString(it.candidates().getFirst().tokens())).distinct().count());
        assertEquals(7, FORMATS.hellaSwag(text.toString(), 7).size());
    }

    @Test
    void winograndeScoresWhatFollowsTheChoiceButItsLastToken() {
        ChoiceTask task = FORMATS.winogrande("0,\"Ann met Bo, so _ smiled a lot.\",Ann,Bo,2\n", 0).getFirst();
        assertArrayEquals(new boolean[] {false, true}, task.right());
        ChoiceTask.Candidate first = task.candidates().getFirst();
        assertArrayEquals("Ann met Bo, so Ann smiled a lot.".chars().toArray(), first.tokens());
        assertEquals("Ann met Bo, so Ann".length(), first.first());
        assertEquals(first.tokens().length - 1, first.end());
    }

    @Test
    void winograndeScoresTheChoiceWhereLittleFollows() {
        ChoiceTask task = FORMATS.winogrande("0,I saw _.,a,b,1\n", 0).getFirst();
        assertEquals("I saw ".length(), task.candidates().getFirst().first());
    }

    @Test
    void readsBinaryTasksAndSaysWhereTheyAreDamaged() {
        ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(1).putInt(0);
        text(bytes, "Q").putInt(2);
        text(text(bytes, "no"), "yes").putInt(0).putInt(1).putInt(0);
        byte[] file = Arrays.copyOf(bytes.array(), bytes.position());
        ChoiceTask task = FORMATS.multipleChoice(file, 0).getFirst();
        assertArrayEquals(new boolean[] {false, true}, task.right());
        assertArrayEquals("Q yes".chars().toArray(), task.candidates().get(1).tokens());
        for (int length = 0; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThrows(QuantizeException.class, () -> FORMATS.multipleChoice(cut, 0));
        }
    }

    private static ByteBuffer text(ByteBuffer bytes, String text) {
        return bytes.putInt(text.length()).put(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void refusesFilesOfAnotherKind() {
        var lines = assertThrows(QuantizeException.class, () -> FORMATS.hellaSwag("a\nb\n", 1));
        assertEquals("tasks: 2 lines, expected six for each HellaSwag task", lines.getMessage());
        assertThrows(QuantizeException.class, () -> FORMATS.hellaSwag("a\n4\nb\nc\nd\ne\n", 1));
        assertThrows(QuantizeException.class, () -> FORMATS.winogrande("0,no gap,a,b,1\n", 0));
    }

    /** A vocabulary without a token for the begin makes nothing of nothing, and a single token has none before it. */
    @Test
    void refusesTasksWithNothingToScore() {
        var line = assertThrows(QuantizeException.class, () -> FORMATS.winogrande("0,_,a,,1\n", 0));
        assertEquals("tasks: 'a' is 1 tokens of this model, expected two or more: a question and an answer", line.getMessage());
        assertThrows(QuantizeException.class, () -> FORMATS.winogrande("0,_,,,1\n", 0));
        assertThrows(QuantizeException.class, () -> FORMATS.hellaSwag("\n0\n\n\n\n\n", 1));
    }

    @Test
    void drawsAsTheReferenceGenerator() {
        MersenneTwister random = new MersenneTwister(5489);
        long last = 0;
        for (int i = 0; i < 10_000; i++) {
            last = random.next();
        }
        // What the C++ standard asks of std::mt19937.
        assertEquals(4123659995L, last);
    }

    @Test
    void intervalIsWilsons() {
        double[] ends = new ChoiceScore(21, 21, 84).interval();
        assertEquals(0.845361, ends[0], 1e-6);
        assertEquals(1, ends[1], 1e-9);
        assertTrue(new ChoiceScore(1, 2, 4).share() == 0.5);
    }
}

package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReasoningStreamTest {
    private static String split(boolean begun, String text, int pieceLength) {
        StringBuilder reasoning = new StringBuilder();
        StringBuilder answer = new StringBuilder();
        ReasoningStream stream = new ReasoningStream(begun, (piece, isReasoning) -> (isReasoning ? reasoning : answer).append(piece));
        for (int at = 0; at < text.length(); at += pieceLength) {
            stream.accept(text.substring(at, Math.min(text.length(), at + pieceLength)));
        }
        stream.finish();
        return reasoning + "|" + answer;
    }

    @Test
    void tellsReasoningFromAnswerWhateverThePieces() {
        for (int length = 1; length < 12; length++) {
            assertEquals("why|\nso", split(false, "<think>\nwhy</think>\nso", length));
            assertEquals("why|so", split(true, "why</think>so", length));
            assertEquals("a < b|so", split(false, "[THINK]a < b[/THINK]so", length));
            assertEquals("|plain <think>x</think>", split(false, "plain <think>x</think>", length));
            assertEquals("|<thin air", split(false, "<thin air", length));
            assertEquals("cut </thi|", split(true, "cut </thi", length));
        }
    }

    @Test
    void knowsPromptsThatEndInReasoning() {
        assertTrue(ReasoningStream.begunIn("<|im_start|>assistant\n<think>\n"));
        assertFalse(ReasoningStream.begunIn("<think>\n\n</think>\n\n"));
    }
}

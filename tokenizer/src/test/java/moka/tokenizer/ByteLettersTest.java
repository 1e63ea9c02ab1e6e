package moka.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteLettersTest {
    @Test
    void readsPrintableLettersAsThemselvesAndTheOthersAsControlBytes() {
        var result = new byte[8];
        byte[] letters = "Ġa\u0121".getBytes(StandardCharsets.UTF_8);
        assertEquals(3, ByteLetters.decode(letters, 0, letters.length, result, 0));
        assertEquals(' ', result[0]);
        assertEquals('a', result[1]);
        assertEquals(0x7F, result[2]);
    }

    @Test
    void refusesCharactersThatAreNoLetters() {
        byte[] text = "a b".getBytes(StandardCharsets.UTF_8);
        assertEquals(-1, ByteLetters.decode(text, 0, text.length, new byte[8], 0));
        byte[] chinese = "\u4E2D".getBytes(StandardCharsets.UTF_8);
        assertEquals(-1, ByteLetters.decode(chinese, 0, chinese.length, new byte[8], 0));
    }
}

package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import moka.template.answer.AnswerFormat;
import moka.template.answer.AnswerListener;
import moka.template.answer.AnswerParser;

/** Answers of models, which may hold anything: no parser fails, and all tell the same parts however the text is cut. The first byte is the format. */
class AnswerFuzz {
    private static final AnswerFormat[] FORMATS = AnswerFormat.values();

    @FuzzTest
    void answer(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        AnswerFormat format = FORMATS[(bytes[0] & 0xff) % FORMATS.length];
        String text = new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8);
        var pieces = new AnswerParser(format, AnswerListener.SILENT);
        text.codePoints().forEach(it -> pieces.accept(Character.toString(it)));
        assertEquals(AnswerParser.parse(format, text), pieces.finish(), format::name);
    }
}

package moka.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import moka.gguf.GgufException;
import moka.gguf.GgufFile;
import moka.tokenizer.Tokenizer;
import moka.tokenizer.TokenizerException;

/** Vocabularies, as model files hold them: whatever opens encodes and decodes any text. The text is the file itself, read as one. */
class VocabularyFuzz {
    private static final int TEXT_BYTES = 200;

    @FuzzTest
    void vocabulary(byte[] bytes) {
        try (GgufFile file = GgufFile.of("fuzz.gguf", MemorySegment.ofArray(bytes))) {
            Tokenizer tokenizer = Tokenizer.of(file.metadata());
            byte[] text = Arrays.copyOfRange(bytes, Math.max(0, bytes.length - TEXT_BYTES), bytes.length);
            var decoder = tokenizer.newStreamingDecoder(true);
            for (boolean special : new boolean[] {false, true}) {
                for (int id : tokenizer.encode(text, special, special)) {
                    assertTrue(id >= 0 && id < tokenizer.vocabularySize(), "id " + id);
                    decoder.accept(id);
                }
                tokenizer.encode("hello " + new String(text, StandardCharsets.UTF_8), special, !special);
            }
            decoder.finish();
            for (int id = 0; id < Math.min(50, tokenizer.vocabularySize()); id++) {
                tokenizer.text(id);
                tokenizer.attributes(id);
                tokenizer.piece(id, true);
            }
        } catch (GgufException | TokenizerException refusal) {
            Refusal.check(refusal);
        }
    }
}

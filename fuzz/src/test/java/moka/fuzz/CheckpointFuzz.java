package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import moka.gguf.GgufException;
import moka.quantize.QuantizeException;
import moka.quantize.SourceTensor;
import moka.quantize.checkpoint.Checkpoint;
import moka.tokenizer.Tokenizer;
import moka.tokenizer.TokenizerException;

/**
 * Checkpoints: one file of a sound folder is what the fuzzer says, which the first byte chooses; a bit of it puts a model of sentencepiece there.
 * Of weights the input is the header.
 */
class CheckpointFuzz {
    private static final List<String> FILES = List.of(
            "config.json", "tokenizer.json", "tokenizer_config.json", TinyCheckpoint.PIECES, TinyCheckpoint.WEIGHTS, "generation_config.json", "README.md",
            "added_tokens.json", "chat_template.json", "chat_template.jinja", "quantize_config.json", "model.safetensors.index.json");
    private static final int WITH_PIECES = 16;
    private static final int LONGEST_ROW = 4096;

    private static final Map<String, byte[]> SOUND = TinyCheckpoint.files();
    private static final Path FOLDER = TinyCheckpoint.write();

    @FuzzTest
    void checkpoint(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        String changed = FILES.get((bytes[0] & 15) % FILES.size());
        byte[] content = Arrays.copyOfRange(bytes, 1, bytes.length);
        Path file = FOLDER.resolve(changed);
        Path pieces = FOLDER.resolve(TinyCheckpoint.PIECES);
        try {
            if ((bytes[0] & WITH_PIECES) != 0) {
                Files.write(pieces, TinyCheckpoint.pieces());
            }
            Files.write(file, changed.equals(TinyCheckpoint.WEIGHTS) ? TinyCheckpoint.weights(content) : content);
            open();
        } finally {
            Files.deleteIfExists(pieces);
            Files.deleteIfExists(file);
            if (SOUND.containsKey(changed)) {
                Files.write(file, SOUND.get(changed));
            }
        }
    }

    private static void open() {
        try (Checkpoint checkpoint = Checkpoint.open(FOLDER)) {
            for (SourceTensor tensor : checkpoint.tensors()) {
                if (tensor.rows() > 0 && tensor.columns() <= LONGEST_ROW) {
                    tensor.read(0, 1, new float[tensor.columns()], 0);
                }
            }
            Tokenizer.of(checkpoint.metadata()).encode("ab a<s>", true, true);
        } catch (GgufException | QuantizeException | TokenizerException refusal) {
            Refusal.check(refusal);
        }
    }
}

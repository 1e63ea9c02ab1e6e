package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufException;
import moka.gguf.GgufFile;
import moka.gguf.GgufSummary;
import moka.gguf.GgufTensor;

/** Model files: whatever opens gives all its keys, and the values of its tensors. */
class GgufFuzz {
    private static final int VALUES = 4096;

    @FuzzTest
    void gguf(byte[] bytes) {
        try (GgufFile file = GgufFile.of("fuzz.gguf", MemorySegment.ofArray(bytes))) {
            file.metadata().values().forEach((key, value) -> String.valueOf(value).length());
            GgufSummary.of(file);
            for (GgufTensor tensor : file.tensors()) {
                int count = (int) Math.min(tensor.columns(), VALUES) / tensor.type().blockElements() * tensor.type().blockElements();
                if (tensor.rows() > 0 && count > 0) {
                    TensorFormats.of(tensor.type()).decode(tensor.data(), 0, count, new float[count], 0);
                }
            }
        } catch (GgufException refusal) {
            Refusal.check(refusal);
        }
    }
}

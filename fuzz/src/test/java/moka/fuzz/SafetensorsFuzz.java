package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import moka.gguf.GgufException;
import moka.gguf.SafetensorsFile;

/** Safetensors files. */
class SafetensorsFuzz {
    @FuzzTest
    void safetensors(byte[] bytes) {
        try (SafetensorsFile file = SafetensorsFile.of("fuzz.safetensors", MemorySegment.ofArray(bytes))) {
            file.metadata().forEach((key, value) -> file.tensor(key + value));
            file.tensors().forEach(tensor -> tensor.data().byteSize());
        } catch (GgufException refusal) {
            Refusal.check(refusal);
        }
    }
}

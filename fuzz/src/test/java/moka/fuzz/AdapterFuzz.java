package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import moka.engine.AdapterFile;
import moka.engine.EngineException;
import moka.engine.Model;
import moka.engine.Session;
import moka.gguf.GgufException;

/** LoRA adapters and control vectors: what a model takes, it also computes with. */
class AdapterFuzz {
    private static final Path MODEL = TinyModel.write();

    @FuzzTest
    void adapter(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("moka-fuzz", ".adapter");
        try {
            Files.write(file, bytes);
            List<AdapterFile> adapters = List.of(new AdapterFile(file, 1));
            boolean lora = bytes.length % 2 == 0;
            try (Model model = Model.open(MODEL, lora ? TinyModel.OPTIONS.withAdapters(adapters) : TinyModel.OPTIONS.withControlVectors(adapters));
                    Session session = model.newSession()) {
                session.append(new int[] {1, 2, 3});
            }
        } catch (GgufException | EngineException refusal) {
            Refusal.check(refusal);
        } finally {
            Files.delete(file);
        }
    }
}

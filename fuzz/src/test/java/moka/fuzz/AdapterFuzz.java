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
import moka.engine.architecture.Adapters;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.scalar.ScalarProvider;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.GgufException;
import moka.gguf.GgufFile;
import moka.gguf.TensorType;

/**
 * LoRA adapters and control vectors: what a model takes, it also computes with. A model is opened for those alone that it takes: most are refused
 * before, and much faster.
 */
class AdapterFuzz {
    private static final Path MODEL = TinyModel.write();
    private static final GgufFile BASE = GgufFile.open(MODEL);
    private static final Kernels KERNELS = kernels();

    private static Kernels kernels() {
        var request = new KernelProvider.Request(new WorkerTeam(1), KernelProvider.Precision.FAST, false, 0);
        return ((KernelProvider.Offer.Accepted) new ScalarProvider().offer(request)).kernels();
    }

    @FuzzTest
    void adapter(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("moka-fuzz", ".adapter");
        try {
            Files.write(file, bytes);
            List<AdapterFile> given = List.of(new AdapterFile(file, 1));
            List<AdapterFile> adapters = bytes.length % 2 == 0 ? given : List.of();
            List<AdapterFile> vectors = bytes.length % 2 == 0 ? List.of() : given;
            new Adapters(BASE, KERNELS, TensorType.F16, TinyModel.WIDTH, adapters, vectors).close();
            try (Model model = Model.open(MODEL, TinyModel.OPTIONS.withAdapters(adapters).withControlVectors(vectors));
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

package moka.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.gguf.GgufException;
import moka.quantize.ImportanceMatrix;
import moka.quantize.QuantizeException;

/** Importance matrices of both formats. */
class ImportanceMatrixFuzz {
    @FuzzTest
    void importanceMatrix(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("moka-fuzz", ".imatrix");
        try {
            Files.write(file, bytes);
            ImportanceMatrix matrix = ImportanceMatrix.read(file);
            matrix.entries().keySet().forEach(matrix::weights);
            matrix.merge(matrix);
        } catch (GgufException | QuantizeException refusal) {
            Refusal.check(refusal);
        } finally {
            Files.delete(file);
        }
    }
}

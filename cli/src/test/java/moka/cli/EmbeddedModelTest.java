package moka.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {
    private static final String NAME = "moka/models/" + DefaultModel.FILE_NAME;

    @TempDir
    Path folder;

    @Test
    void mapsTheFirstEntryWhereItIsTheModelAsItIs() throws IOException {
        var mapped = EmbeddedModel.mapped(jar(NAME, ZipEntry.STORED, new byte[] {1, 2, 3, 0})).orElseThrow();
        assertArrayEquals(model(), mapped.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void leavesEverythingElseToTheClassPath() throws IOException {
        assertEquals(Optional.empty(), EmbeddedModel.mapped(jar(NAME, ZipEntry.DEFLATED, null)));
        assertEquals(Optional.empty(), EmbeddedModel.mapped(jar(NAME.replace("Q4", "Q8"), ZipEntry.STORED, null)));
        assertEquals(Optional.empty(), EmbeddedModel.mapped(Files.write(folder.resolve("short.jar"), new byte[10])));
    }

    @Test
    void copiesTheResource() {
        assertArrayEquals(new byte[] {'G', 'G', 'U', 'F'}, EmbeddedModel.bytes().asSlice(0, 4).toArray(ValueLayout.JAVA_BYTE));
        assertEquals(DefaultModel.BYTES, EmbeddedModel.bytes().byteSize());
    }

    private static byte[] model() throws IOException {
        try (InputStream resource = DefaultModel.open()) {
            return resource.readAllBytes();
        }
    }

    /** @param extra an extra field of zip files: number, length, content */
    private Path jar(String name, int method, byte[] extra) throws IOException {
        byte[] model = model();
        Path jar = folder.resolve("program.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            ZipEntry entry = new ZipEntry(name);
            CRC32 sum = new CRC32();
            sum.update(model);
            entry.setMethod(method);
            entry.setSize(model.length);
            entry.setCrc(sum.getValue());
            entry.setExtra(extra);
            zip.putNextEntry(entry);
            zip.write(model);
        }
        return jar;
    }
}

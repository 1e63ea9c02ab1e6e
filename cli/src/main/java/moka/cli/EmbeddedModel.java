package moka.cli;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import moka.models.DefaultModel;

/**
 * The bytes of the model that ships with the program, off the heap, as kernels read them there. In the program's jar they are the first entry,
 * stored as they are, and so can be mapped; elsewhere they are a resource, which is copied. They stay until the process ends.
 */
final class EmbeddedModel {
    // A local file header of a zip file (APPNOTE 4.3.7): fields by their offsets; name and extra field follow, then the data.
    private static final int SIGNATURE = 0x04034b50;
    private static final int METHOD = 8;
    private static final int STORED = 0;
    private static final int SIZE = 22;
    private static final int NAME_LENGTH = 26;
    private static final int EXTRA_LENGTH = 28;
    private static final int NAME = 30;

    private EmbeddedModel() {}

    static MemorySegment bytes() {
        String program = System.getProperty("java.class.path", "");
        boolean jar = program.endsWith(".jar") && !program.contains(File.pathSeparator);
        try {
            Optional<MemorySegment> mapped = jar ? mapped(Path.of(program)) : Optional.empty();
            return mapped.isPresent() ? mapped.get() : copied();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first entry of a jar where it is the model, stored as it is. */
    static Optional<MemorySegment> mapped(Path jar) throws IOException {
        byte[] name = ("moka/models/" + DefaultModel.FILE_NAME).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer header = ByteBuffer.allocate(NAME + name.length).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file = FileChannel.open(jar)) {
            boolean isModel = file.read(header, 0) == header.capacity()
                    && header.getInt(0) == SIGNATURE
                    && header.getShort(METHOD) == STORED
                    && header.getInt(SIZE) == DefaultModel.BYTES
                    && header.getShort(NAME_LENGTH) == name.length
                    && header.slice(NAME, name.length).equals(ByteBuffer.wrap(name));
            if (!isModel) {
                return Optional.empty();
            }
            long begin = NAME + name.length + Short.toUnsignedInt(header.getShort(EXTRA_LENGTH));
            return Optional.of(file.map(FileChannel.MapMode.READ_ONLY, begin, DefaultModel.BYTES, Arena.global()));
        }
    }

    private static MemorySegment copied() throws IOException {
        try (InputStream resource = DefaultModel.open()) {
            byte[] bytes = resource.readAllBytes();
            return Arena.global().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
        }
    }
}

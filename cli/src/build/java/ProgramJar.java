import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes the program's jar from the one that holds all its classes, for a quick start:
 *
 * <ul>
 *   <li>The embedded model comes first, as it is and not deflated, at a multiple of 64 bytes: the program maps it where it lies.
 *   <li>Classes that were compiled for Java 5 get the format of Java 8, with stack maps: the JDK's ahead-of-time cache takes no older ones,
 *       and picocli's (which are such) were a sixth of the time to the first token. Their code stays as it is.
 * </ul>
 *
 * Order and times of the other entries stay, so that the same input makes the same bytes. The jar appears whole, by renaming: programs that
 * run keep the old one. Usage: {@code java ProgramJar.java FROM TO}.
 */
final class ProgramJar {
    private static final int JAVA_8 = 52;
    private static final int MAGIC_AND_MINOR = 6;

    // A zip file's local header without its name, the head of an extra field, and the field's number that zipalign uses for the same.
    private static final int LOCAL_HEADER = 30;
    private static final int EXTRA_HEADER = 4;
    private static final short ALIGNMENT_FIELD = (short) 0xD935;
    private static final int ALIGNMENT = 64;

    /** Every instruction is written anew: code that is copied whole gets no stack maps. */
    private static final ClassTransform RAISE = ClassTransform.transformingMethodBodies(CodeBuilder::with)
            .andThen(ClassTransform.endHandler(builder -> builder.withVersion(JAVA_8, 0)));

    public static void main(String[] arguments) throws IOException {
        Path jar = Path.of(arguments[0]);
        Path program = Path.of(arguments[1]);
        Path unfinished = program.resolveSibling(program.getFileName() + ".new");
        int count = 0;
        try (ZipFile from = new ZipFile(jar.toFile());
                URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                OutputStream file = Files.newOutputStream(unfinished);
                ZipOutputStream to = new ZipOutputStream(file)) {
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            List<? extends ZipEntry> entries = Collections.list(from.entries());
            entries.sort(Comparator.comparing(entry -> !isModel(entry))); // stable: all others keep their order
            for (ZipEntry entry : entries) {
                byte[] bytes;
                try (InputStream in = from.getInputStream(entry)) {
                    bytes = in.readAllBytes();
                }
                if (entry.getName().endsWith(".class") && version(bytes) < JAVA_8) {
                    bytes = format.transformClass(format.parse(bytes), RAISE);
                    count++;
                }
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                if (isModel(entry)) {
                    store(copy, bytes);
                }
                to.putNextEntry(copy);
                to.write(bytes);
                to.closeEntry();
            }
        }
        Files.move(unfinished, program, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(jar);
        System.out.println("raised " + count + " classes of " + program.getFileName());
    }

    private static boolean isModel(ZipEntry entry) {
        return entry.getName().endsWith(".gguf");
    }

    /** As it is: weights do not become smaller (4 %). An extra field, which readers skip, moves the data of the first entry to a multiple of 64. */
    private static void store(ZipEntry entry, byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(sum.getValue());
        int bytesBefore = LOCAL_HEADER + entry.getName().length() + EXTRA_HEADER;
        int padding = Math.floorMod(-bytesBefore, ALIGNMENT);
        entry.setExtra(ByteBuffer.allocate(EXTRA_HEADER + padding)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(ALIGNMENT_FIELD)
                .putShort((short) padding)
                .array());
    }

    private static int version(byte[] classFile) {
        return (classFile[MAGIC_AND_MINOR] & 0xff) << 8 | classFile[MAGIC_AND_MINOR + 1] & 0xff;
    }
}

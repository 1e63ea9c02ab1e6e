import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Gives the classes of a jar that were compiled for Java 5 the format of Java 8, with stack maps: the JDK's ahead-of-time cache takes no
 * older ones, and picocli's (which are such) were a sixth of the time to the first token. Their code stays as it is; order and times of
 * the jar's entries too, so that the same input makes the same bytes. The embedded model is stored as it is, not deflated. Usage: {@code java RaiseClassFiles.java JAR}.
 */
final class RaiseClassFiles {
    private static final int JAVA_8 = 52;
    private static final int MAGIC_AND_MINOR = 6;

    /** Every instruction is written anew: code that is copied whole gets no stack maps. */
    private static final ClassTransform RAISE = ClassTransform.transformingMethodBodies(CodeBuilder::with)
            .andThen(ClassTransform.endHandler(builder -> builder.withVersion(JAVA_8, 0)));

    public static void main(String[] arguments) throws IOException {
        Path jar = Path.of(arguments[0]);
        Path raised = jar.resolveSibling(jar.getFileName() + ".raised");
        int count = 0;
        try (ZipFile from = new ZipFile(jar.toFile());
                URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                OutputStream file = Files.newOutputStream(raised);
                ZipOutputStream to = new ZipOutputStream(file)) {
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            for (ZipEntry entry : Collections.list(from.entries())) {
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
                if (entry.getName().endsWith(".gguf")) {
                    store(copy, bytes);
                }
                to.putNextEntry(copy);
                to.write(bytes);
                to.closeEntry();
            }
        }
        Files.move(raised, jar, StandardCopyOption.REPLACE_EXISTING);
        System.out.println("raised " + count + " classes of " + jar.getFileName());
    }

    /** As it is: weights do not become smaller (4 %), and unpacking them is done at each start. */
    private static void store(ZipEntry entry, byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(sum.getValue());
    }

    private static int version(byte[] classFile) {
        return (classFile[MAGIC_AND_MINOR] & 0xff) << 8 | classFile[MAGIC_AND_MINOR + 1] & 0xff;
    }
}

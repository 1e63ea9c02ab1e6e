import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.reflect.AccessFlag;
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
import java.util.Map;
import java.util.TreeMap;
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
 *   <li>A switch over types, for which the JVM would make a class at its first run (2 ms each, some 15 of them before the first token), calls a
 *       method of its own class that compares the types.
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
        int raised = 0;
        int bound = 0;
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
                    raised++;
                } else if (entry.getName().endsWith(".class")) {
                    ClassModel model = format.parse(bytes);
                    Map<Integer, InvokeDynamicInstruction> switches = typeSwitches(model);
                    bytes = switches.isEmpty() ? bytes : format.transformClass(model, bind(switches, model));
                    bound += switches.size();
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
        System.out.println(program.getFileName() + ": " + raised + " classes raised, " + bound + " switches bound");
    }

    /** The places where a class asks for a switch over types, by the numbers of their constants. */
    private static Map<Integer, InvokeDynamicInstruction> typeSwitches(ClassModel model) {
        Map<Integer, InvokeDynamicInstruction> switches = new TreeMap<>();
        for (MethodModel method : model.methods()) {
            for (CodeElement element : method.code().map(CodeModel::elementList).orElse(List.of())) {
                if (element instanceof InvokeDynamicInstruction call && isTypeSwitch(call)) {
                    switches.put(call.invokedynamic().index(), call);
                }
            }
        }
        return switches;
    }

    private static boolean isTypeSwitch(InvokeDynamicInstruction call) {
        return call.bootstrapMethod().owner().equals(ClassDesc.of("java.lang.runtime.SwitchBootstraps"))
                && call.bootstrapMethod().methodName().equals("typeSwitch")
                && call.typeSymbol().parameterType(0).isClassOrInterface()
                && call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance); // no constants among the labels
    }

    private static ClassTransform bind(Map<Integer, InvokeDynamicInstruction> switches, ClassModel model) {
        boolean isInterface = model.flags().has(AccessFlag.INTERFACE);
        return ClassTransform.transformingMethodBodies((code, element) -> {
                    if (element instanceof InvokeDynamicInstruction call && switches.containsKey(call.invokedynamic().index())) {
                        code.invokestatic(model.thisClass().asSymbol(), "typeSwitch$" + call.invokedynamic().index(), call.typeSymbol(), isInterface);
                    } else {
                        code.with(element);
                    }
                })
                .andThen(ClassTransform.endHandler(builder -> switches.forEach((number, call) -> builder.withMethodBody(
                        "typeSwitch$" + number,
                        call.typeSymbol(),
                        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC,
                        code -> typeSwitch(code, call.bootstrapArgs())))));
    }

    /** {@code int typeSwitch(Object value, int from)}: -1 for null, the first label from there on that fits, else the number of labels. */
    private static void typeSwitch(CodeBuilder code, List<ConstantDesc> labels) {
        code.aload(0).ifThen(Opcode.IFNULL, it -> it.iconst_m1().ireturn());
        for (int i = 0; i < labels.size(); i++) {
            Label next = code.newLabel();
            code.iload(1).loadConstant(i).if_icmpgt(next);
            code.aload(0).instanceOf((ClassDesc) labels.get(i)).ifeq(next);
            code.loadConstant(i).ireturn();
            code.labelBinding(next);
        }
        code.loadConstant(labels.size()).ireturn();
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

package moka.testing.guard;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodBuilder;
import java.lang.classfile.MethodElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/**
 * Turns the calls of the static methods of {@link java.lang.foreign.Arena} in classes of Moka into calls of {@link GuardedArenas}; and has the one
 * class that does without arenas hand out guarded memory.
 */
final class ArenaCalls implements ClassFileTransformer {
    private static final String ARENA = "java/lang/foreign/Arena";
    /** Of the engine: hands out pages that it takes from the system itself, for repacked weights and scratch of machine code. */
    private static final String PANELS = "moka/engine/kernel/machine/PanelMemory";

    private static final ClassDesc GUARDED = ClassDesc.of(GuardedArenas.class.getName());
    private static final ClassDesc GUARDED_PANELS = ClassDesc.of(GuardedPanels.class.getName());

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader, String name, @Nullable Class<?> redefined, @Nullable ProtectionDomain domain, byte[] bytes) {
        if (loader == null || !name.startsWith("moka/") || name.startsWith("moka/testing/")) {
            return null;
        }
        try {
            return redirected(loader, bytes);
        } catch (RuntimeException | Error e) {
            // The virtual machine would go on with the class as it was: unguarded.
            GuardedPages.end("cannot change " + name + ": " + e);
            throw e;
        }
    }

    private static byte @Nullable [] redirected(ClassLoader loader, byte[] bytes) {
        var resolver = ClassHierarchyResolver.ofResourceParsing(loader).orElse(ClassHierarchyResolver.defaultResolver());
        ClassFile file = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(resolver));
        ClassModel model = file.parse(bytes);
        if (model.thisClass().asInternalName().equals(PANELS)) {
            return file.transformClass(model, ClassTransform.transformingMethods(ArenaCalls::guardPanels));
        }
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof MemberRefEntry member && member.owner().asInternalName().equals(ARENA)) {
                return file.transformClass(model, ClassTransform.transformingMethodBodies(ArenaCalls::redirect));
            }
        }
        return null;
    }

    private static void redirect(CodeBuilder code, CodeElement element) {
        if (element instanceof InvokeInstruction call
                && call.opcode() == Opcode.INVOKESTATIC
                && call.owner().asInternalName().equals(ARENA)) {
            code.invokestatic(GUARDED, call.name().stringValue(), call.typeSymbol());
        } else {
            code.with(element);
        }
    }

    /** What {@code long allocate(long)} returns becomes an address between guards; {@code close()} also releases those. */
    private static void guardPanels(MethodBuilder methods, MethodElement method) {
        if (!(method instanceof CodeModel body)) {
            methods.with(method);
            return;
        }
        String name = body.parent().orElseThrow().methodName().stringValue();
        methods.transformCode(body, (code, element) -> {
            if (element instanceof ReturnInstruction && name.equals("allocate")) {
                code.aload(0).lload(1).invokestatic(GUARDED_PANELS, "guarded", MethodTypeDesc.of(CD_long, CD_long, CD_Object, CD_long));
            } else if (element instanceof ReturnInstruction && name.equals("close")) {
                code.aload(0).invokestatic(GUARDED_PANELS, "release", MethodTypeDesc.of(CD_void, CD_Object));
            }
            code.with(element);
        });
    }
}

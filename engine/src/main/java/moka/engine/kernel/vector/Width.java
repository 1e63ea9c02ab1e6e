package moka.engine.kernel.vector;

import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * One source for all vector widths. A kernel class takes its species from here into {@code static final} fields: the compiler must
 * see them as constants, or every operation allocates. The class itself, loaded as usual, has the machine's widest shape; for a narrower
 * one the same class file is defined once more as a hidden class whose class data is the width. So the usual run has nothing
 * special (profilers, AOT cache), and the tests run all widths in one JVM.
 *
 * <p>A kernel class may therefore name no other kernel class, only interfaces and plain classes: the name would lead to the widest.
 */
final class Width {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private final int bits;

    /** @param bits 128, 256 or 512, at most {@link #widest()}; or 0 for the widest */
    Width(int bits) {
        this.bits = bits == 0 ? widest() : bits;
    }

    /** Bits of the widest vectors that this machine has for all element types. */
    static int widest() {
        return Math.min(512, VectorShape.preferredShape().vectorBitSize());
    }

    /** Why vectors of so many bits (0: of any width) would not be instructions here; empty if they are. */
    static Optional<String> obstacle(int bits) {
        if (bits != 0 && bits != 128 && bits != 256 && bits != 512) {
            return Optional.of("vectors of " + bits + " bits: expected 128, 256 or 512");
        }
        if (widest() < 128) {
            return Optional.of("the JVM has no vector instructions for this processor");
        }
        if (widest() == 128 && List.of("amd64", "x86_64").contains(System.getProperty("os.arch", ""))) {
            return Optional.of("the processor has no AVX2, and with it no fused multiply-add");
        }
        if (bits > widest()) {
            return Optional.of("vectors of " + bits + " bits: this machine has " + widest());
        }
        return Optional.empty();
    }

    int bits() {
        return bits;
    }

    /** Floats in a vector. */
    int lanes() {
        return bits / 32;
    }

    /** A new instance of the kernel class at this width, made by its constructor without parameters. */
    <T> T instance(Class<? extends T> kernel, Class<T> seam) {
        return make(kernel, seam, MethodType.methodType(void.class));
    }

    /** A new instance of the kernel class at this width, made by its constructor with one parameter. */
    <T, A> T instance(Class<? extends T> kernel, Class<T> seam, Class<A> parameter, A argument) {
        return make(kernel, seam, MethodType.methodType(void.class, parameter), argument);
    }

    private <T> T make(Class<? extends T> kernel, Class<T> seam, MethodType constructor, Object... arguments) {
        try {
            MethodHandles.Lookup lookup = bits == widest()
                    ? LOOKUP.in(kernel)
                    : LOOKUP.defineHiddenClassWithClassData(bytes(kernel), bits, true);
            return seam.cast(lookup.findConstructor(lookup.lookupClass(), constructor).invokeWithArguments(arguments));
        } catch (Throwable e) {
            throw new IllegalStateException("cannot make " + kernel.getName() + " at " + bits + " bits", e);
        }
    }

    private static byte[] bytes(Class<?> kernel) throws IOException {
        try (InputStream in = kernel.getResourceAsStream(kernel.getSimpleName() + ".class")) {
            if (in == null) {
                throw new IOException("no class file of " + kernel.getName());
            }
            return in.readAllBytes();
        }
    }

    static VectorSpecies<Float> floats(MethodHandles.Lookup kernel) {
        return VectorSpecies.of(float.class, shape(kernel));
    }

    static VectorSpecies<Integer> ints(MethodHandles.Lookup kernel) {
        return VectorSpecies.of(int.class, shape(kernel));
    }

    static VectorSpecies<Long> longs(MethodHandles.Lookup kernel) {
        return VectorSpecies.of(long.class, shape(kernel));
    }

    static VectorSpecies<Short> shorts(MethodHandles.Lookup kernel) {
        return VectorSpecies.of(short.class, shape(kernel));
    }

    /** As many shorts as a vector has floats. */
    static VectorSpecies<Short> halves(MethodHandles.Lookup kernel) {
        return VectorSpecies.of(short.class, VectorShape.forBitSize(shape(kernel).vectorBitSize() / 2));
    }

    private static VectorShape shape(MethodHandles.Lookup kernel) {
        try {
            Integer bits = MethodHandles.classData(kernel, ConstantDescs.DEFAULT_NAME, Integer.class);
            return VectorShape.forBitSize(bits == null ? widest() : bits);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}

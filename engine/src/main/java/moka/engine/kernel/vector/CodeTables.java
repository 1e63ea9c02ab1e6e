package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/** Codes of four bits that stand for one of sixteen values: sixteen lookups by one permutation of bytes, at any width of the kernels. */
final class CodeTables {
    private static final VectorSpecies<Byte> B = ByteVector.SPECIES_128;
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final MemorySegment MEMORY = ProcessMemory.ALL;
    private static final byte[] NON_LINEAR = {
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
    };
    private static final byte[] E2M1_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private CodeTables() {}

    /** 16 bytes of split nibbles as 32 values of IQ4_NL. */
    static void nonLinear(long address, byte[] codes, int at) {
        ByteVector table = ByteVector.fromArray(B, NON_LINEAR, 0);
        ByteVector q = ByteVector.fromMemorySegment(B, MEMORY, address & ProcessMemory.ADDRESS, LE);
        q.and((byte) 15).selectFrom(table).intoArray(codes, at);
        q.reinterpretAsLongs()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 15)
                .selectFrom(table)
                .intoArray(codes, at + 16);
    }

    /** 16 bytes of split nibbles as 32 values of E2M1, doubled. */
    static void e2m1(long address, byte[] codes, int at) {
        ByteVector table = ByteVector.fromArray(B, E2M1_DOUBLED, 0);
        ByteVector q = ByteVector.fromMemorySegment(B, MEMORY, address & ProcessMemory.ADDRESS, LE);
        q.and((byte) 15).selectFrom(table).intoArray(codes, at);
        q.reinterpretAsLongs()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 15)
                .selectFrom(table)
                .intoArray(codes, at + 16);
    }

    /** Nibbles that are bytes already become values of E2M1, doubled. */
    static void e2m1(byte[] codes, int count) {
        ByteVector table = ByteVector.fromArray(B, E2M1_DOUBLED, 0);
        for (int i = 0; i < count; i += 16) {
            ByteVector.fromArray(B, codes, i).selectFrom(table).intoArray(codes, i);
        }
    }
}

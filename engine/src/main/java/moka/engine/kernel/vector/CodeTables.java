package moka.engine.kernel.vector;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import moka.engine.runtime.ProcessMemory;

/**
 * Codes sixteen at a time, at any width of the kernels: bits taken out of bytes, and codes of four bits that stand for one of sixteen values, looked
 * up by one permutation of bytes.
 */
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
        lookUp(address, ByteVector.fromArray(B, NON_LINEAR, 0), codes, at);
    }

    /** 16 bytes of split nibbles as 32 values of E2M1, doubled. */
    static void e2m1(long address, byte[] codes, int at) {
        lookUp(address, ByteVector.fromArray(B, E2M1_DOUBLED, 0), codes, at);
    }

    private static void lookUp(long address, ByteVector table, byte[] codes, int at) {
        ByteVector q = ByteVector.fromMemorySegment(B, MEMORY, address & ProcessMemory.ADDRESS, LE);
        q.and((byte) 15).selectFrom(table).intoArray(codes, at);
        q.reinterpretAsLongs()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 15)
                .selectFrom(table)
                .intoArray(codes, at + 16);
    }

    /** 16 bytes of split nibbles as 32 codes. */
    static void nibbles(long address, byte[] codes, int at) {
        ByteVector q = ByteVector.fromMemorySegment(B, MEMORY, address & ProcessMemory.ADDRESS, LE);
        q.and((byte) 15).intoArray(codes, at);
        q.reinterpretAsLongs()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 15)
                .intoArray(codes, at + 16);
    }

    /** Bytes as they are; {@code count} is a multiple of 16. */
    static void bytes(long address, byte[] codes, int at, int count) {
        for (int i = 0; i < count; i += 16) {
            ByteVector.fromMemorySegment(B, MEMORY, address + i & ProcessMemory.ADDRESS, LE)
                    .intoArray(codes, at + i);
        }
    }

    /**
     * Pairs by 128: 64 bytes of four two-bit codes as 256 codes, less {@code offset}.
     */
    static void pairs(long address, byte[] codes, int at, int offset) {
        for (int i = 0; i < 64; i += 16) {
            LongVector q = ByteVector.fromMemorySegment(B, MEMORY, address + i & ProcessMemory.ADDRESS, LE)
                    .reinterpretAsLongs();
            int to = at + 128 * (i / 32) + i % 32;
            q.reinterpretAsBytes().and((byte) 3).sub((byte) offset).intoArray(codes, to);
            q.lanewise(VectorOperators.LSHR, 2).reinterpretAsBytes().and((byte) 3).sub((byte) offset).intoArray(codes, to + 32);
            q.lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes().and((byte) 3).sub((byte) offset).intoArray(codes, to + 64);
            q.lanewise(VectorOperators.LSHR, 6).reinterpretAsBytes().and((byte) 3).sub((byte) offset).intoArray(codes, to + 96);
        }
    }

    /** The same with third bits, an element's in bit {@code i / 32} of byte {@code i % 32}: codes less 4. */
    static void pairsAndThirds(long address, long thirds, byte[] codes, int at) {
        for (int i = 0; i < 64; i += 16) {
            LongVector q = ByteVector.fromMemorySegment(B, MEMORY, address + i & ProcessMemory.ADDRESS, LE)
                    .reinterpretAsLongs();
            LongVector h = ByteVector.fromMemorySegment(B, MEMORY, thirds + i % 32 & ProcessMemory.ADDRESS, LE)
                    .reinterpretAsLongs()
                    .lanewise(VectorOperators.LSHR, i / 32 * 4);
            for (int part = 0; part < 4; part++) {
                ByteVector low = q.lanewise(VectorOperators.LSHR, 2 * part).reinterpretAsBytes().and((byte) 3);
                ByteVector third = h.lanewise(VectorOperators.LSHR, part)
                        .lanewise(VectorOperators.LSHL, 2)
                        .reinterpretAsBytes()
                        .and((byte) 4);
                low.or(third).sub((byte) 4).intoArray(codes, at + 128 * (i / 32) + i % 32 + 32 * part);
            }
        }
    }

    /** 16 bytes as fractions of 256: five base-3 digits of each, less 1; digits of the same place stand together. */
    static void digits(long address, byte[] codes, int at, int step) {
        ByteVector fractions = ByteVector.fromMemorySegment(B, MEMORY, address & ProcessMemory.ADDRESS, LE);
        for (int place = 0; place < 5; place++) {
            ShortVector odd = fractions.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 8);
            ShortVector even = fractions.reinterpretAsShorts().and((short) 255);
            ShortVector first = even.add(even).add(even).lanewise(VectorOperators.LSHR, 8);
            ShortVector second = odd.add(odd).add(odd).and((short) 0x300);
            first.or(second).reinterpretAsBytes().sub((byte) 1).intoArray(codes, at + place * step);
            fractions = fractions.add(fractions).add(fractions);
        }
    }

    /** Nibbles that are bytes already become values of E2M1, doubled. */
    static void e2m1(byte[] codes, int count) {
        ByteVector table = ByteVector.fromArray(B, E2M1_DOUBLED, 0);
        for (int i = 0; i < count; i += 16) {
            ByteVector.fromArray(B, codes, i).selectFrom(table).intoArray(codes, i);
        }
    }
}

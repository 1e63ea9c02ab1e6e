package moka.engine.kernel.machine;

import java.util.List;

/**
 * How the scales of a tensor type lie in its block: in the narrow field or in the dwords of {@link PanelFormat}, numbered from 0. Values are
 * {@code scale * code - minimum}, or {@code + minimum} where {@link #addsMinimums}. {@code d} and {@code dmin} are the block's factors, as in the file.
 */
public sealed interface Scales {
    /** Columns that share a scale: 32 or 16. */
    default int groupLength() {
        return 32;
    }

    default boolean hasMinimums() {
        return false;
    }

    default boolean addsMinimums() {
        return false;
    }

    /** First dwords of the block's run that all scales are made from, each with the three behind it; what is in the narrow field is not counted. */
    default List<Integer> dwords() {
        return List.of();
    }

    /** One float16 a block, in the narrow field. */
    record Half() implements Scales {}

    /** Float16 scale and float16 minimum in dword 0: values are {@code d * code + m}. */
    record HalfPair() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }

        @Override
        public boolean addsMinimums() {
            return true;
        }
    }

    /** Q4_K and Q5_K: d and dmin in dword 0, eight 6-bit scales and minimums in dwords 1 to 3. */
    record SixBitPairs() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }
    }

    /** Q6_K: d in the narrow field, sixteen signed bytes from a dword on. */
    record SignedBytes(int dword) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(dword);
        }

        @Override
        public int groupLength() {
            return 16;
        }
    }

    /** Q2_K: sixteen bytes in dwords 0 to 3, scale low and minimum high; d and dmin in dword 20. */
    record NibblePairs() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0, 17);
        }

        @Override
        public int groupLength() {
            return 16;
        }

        @Override
        public boolean hasMinimums() {
            return true;
        }
    }

    /** Q3_K: d in the narrow field, sixteen 6-bit scales in dwords 24 to 26, 32 too high. */
    record SixBitSigned() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(23);
        }

        @Override
        public int groupLength() {
            return 16;
        }
    }

    /** IQ4_XS: d and eight times 2 high bits in dword 0, eight times 4 low bits in dword 1, 32 too high. */
    record SixBitSplit() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }
    }

    /** MXFP4: a byte {@code e} in the narrow field, scale {@code 2^(e - 128)}; 2^-128 counts as 0. */
    record PowerOfTwo() implements Scales {}

    /** NVFP4: four unsigned E4M3 in dword 0, halved. */
    record EightBitFloats() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }

        @Override
        public int groupLength() {
            return 16;
        }
    }

    /** One float32 in dword 0. */
    record OneFloat() implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }
    }

    /** A float32 in dword 0, and a byte for each group, from dword 1 on, by which it is multiplied: {@link PaletteRows}. */
    record Multiples(int groupLength) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0, 4);
        }
    }

    /** Float32 scales, and minimums if any, a dword each from 0 on: what Java wrote for types without a layout here. */
    record Floats(int groupLength, boolean hasMinimums) implements Scales {
        @Override
        public List<Integer> dwords() {
            return List.of(0);
        }
    }
}

package moka.engine.kernel.vector;

import java.util.Objects;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/** The kernel of each tensor type: one line a type. */
final class RowKernels {
    private static final String NIBBLES = "nibbles in words";
    private static final String PAIRS = "two-bit codes in words";
    private static final String TABLE = "nibbles by a table in a register";
    private static final String GRID = "words of a grid, signs by a mask";

    /** Columns from which rows of bytes gain by rounded activations. */
    private static final int LONG = 5120;

    private RowKernels() {}

    /** Whether there is a kernel that is faster for rows of so many columns where activations may be rounded: {@link #rounding}. */
    static boolean rounds(TensorType type, int columns) {
        return roundedRows(type) != null && (type != TensorType.Q8_0 || columns >= LONG);
    }

    /** The kernel that rounds activations. */
    static RowKernel rounding(TensorType type, Width width) {
        Class<? extends RowKernel> kernel = roundedRows(type);
        if (kernel == null) {
            throw new IllegalArgumentException("no kernel that rounds activations for " + type);
        }
        return width.instance(kernel, RowKernel.class, RowKernel.class, of(type, width));
    }

    private static @Nullable Class<? extends RowKernel> roundedRows(TensorType type) {
        return switch (type) {
            case Q8_0 -> Q8_0RoundedRows.class;
            case Q4_0 -> Q4_0RoundedRows.class;
            case Q2_K -> Q2_KRoundedRows.class;
            case Q3_K -> Q3_KRoundedRows.class;
            case Q4_K -> Q4_KRoundedRows.class;
            case Q5_K -> Q5_KRoundedRows.class;
            case Q6_K -> Q6_KRoundedRows.class;
            default -> null;
        };
    }

    static RowKernel of(TensorType type, Width width) {
        return switch (type) {
            case F32 -> width.instance(FloatRows.class, RowKernel.class);
            case F16 -> width.instance(HalfRows.class, RowKernel.class);
            case BF16 -> width.instance(BrainRows.class, RowKernel.class);
            case Q8_0 -> width.instance(Q8_0Rows.class, RowKernel.class);
            case Q4_0 -> width.instance(Q4_0Rows.class, RowKernel.class);
            case Q4_K -> width.instance(Q4_KRows.class, RowKernel.class);
            case Q5_K -> width.instance(Q5_KRows.class, RowKernel.class);
            case Q6_K -> width.instance(Q6_KRows.class, RowKernel.class);
            case Q4_1 -> split(type, BlockSplitters::q4_1, NIBBLES, width);
            case Q5_0 -> split(type, BlockSplitters::q5_0, NIBBLES, width);
            case Q5_1 -> split(type, BlockSplitters::q5_1, NIBBLES, width);
            case Q8_1 -> split(type, BlockSplitters::q8_1, "bytes", width);
            case Q8_K -> split(type, SuperBlockSplitters::q8_K, "bytes", width);
            case Q2_K -> split(type, SuperBlockSplitters::q2_K, PAIRS, width);
            case Q3_K -> split(type, SuperBlockSplitters::q3_K, PAIRS, width);
            case IQ4_NL -> split(type, BlockSplitters::iq4Nl, TABLE, width);
            case IQ4_XS -> split(type, SuperBlockSplitters::iq4Xs, TABLE, width);
            case MXFP4 -> split(type, BlockSplitters::mxfp4, TABLE, width);
            case NVFP4 -> split(type, BlockSplitters::nvfp4, TABLE, width);
            case Q1_0 -> split(type, BlockSplitters::q1_0, "words by their bits", width);
            case Q2_0 -> split(type, BlockSplitters::q2_0, PAIRS, width);
            case TQ1_0 -> split(type, SuperBlockSplitters::tq1_0, "base-3 digits in words", width);
            case TQ2_0 -> split(type, SuperBlockSplitters::tq2_0, PAIRS, width);
            case IQ1_S -> split(type, GridSplitters::iq1S, GRID, width);
            case IQ1_M -> split(type, GridSplitters::iq1M, GRID, width);
            case IQ2_XXS -> split(type, GridSplitters::iq2Xxs, GRID, width);
            case IQ2_XS -> split(type, GridSplitters::iq2Xs, GRID, width);
            case IQ2_S -> split(type, GridSplitters::iq2S, GRID, width);
            case IQ3_XXS -> split(type, GridSplitters::iq3Xxs, GRID, width);
            case IQ3_S -> split(type, GridSplitters::iq3S, GRID, width);
            case I8 -> split(type, BlockSplitters::i8, "bytes", SplitRows.Factors.SCALES_OF_32, width);
            case F64, I16, I32, I64 ->
                width.instance(DecodedRows.class, RowKernel.class, TensorFormat.class, TensorFormats.of(type));
        };
    }

    private static RowKernel split(TensorType type, CodeSplitter splitter, String description, Width width) {
        return split(type, splitter, description, factors(TensorFormats.of(type)), width);
    }

    private static RowKernel split(TensorType type, CodeSplitter splitter, String description, SplitRows.Factors factors, Width width) {
        var split = new SplitRows.Type(splitter, (int) type.rowBytes(CodeSplitter.UNIT), factors, description);
        return width.instance(SplitRows.class, RowKernel.class, SplitRows.Type.class, split);
    }

    private static SplitRows.Factors factors(TensorFormat format) {
        TensorFormat.IntegerForm form = Objects.requireNonNull(format.integerForm());
        if (form.hasMinimums()) {
            return SplitRows.Factors.OFFSETS;
        }
        return form.groupLength() == 16 ? SplitRows.Factors.SCALES_OF_16 : SplitRows.Factors.SCALES_OF_32;
    }
}

package moka.engine.tensor;

import moka.gguf.TensorType;

/** The format of each tensor type: one line a type; a type without a line does not compile. */
public final class TensorFormats {
    private TensorFormats() {}

    /** The format of a type. */
    public static TensorFormat of(TensorType type) {
        return switch (type) {
            case F32 -> PlainFormat.F32;
            case F16 -> PlainFormat.F16;
            case BF16 -> PlainFormat.BF16;
            case F64 -> PlainFormat.F64;
            case I8 -> PlainFormat.I8;
            case I16 -> PlainFormat.I16;
            case I32 -> PlainFormat.I32;
            case I64 -> PlainFormat.I64;
            case Q4_0 -> Q4_0.FORMAT;
            case Q4_1 -> Q4_1.FORMAT;
            case Q5_0 -> Q5_0.FORMAT;
            case Q5_1 -> Q5_1.FORMAT;
            case Q8_0 -> Q8_0.FORMAT;
            case Q8_1 -> Q8_1.FORMAT;
            case Q2_K -> Q2_K.FORMAT;
            case Q3_K -> Q3_K.FORMAT;
            case Q4_K -> Q4_K.FORMAT;
            case Q5_K -> Q5_K.FORMAT;
            case Q6_K -> Q6_K.FORMAT;
            case Q8_K -> Q8_K.FORMAT;
            case IQ1_S -> IQ1_S.FORMAT;
            case IQ1_M -> IQ1_M.FORMAT;
            case IQ2_XXS -> IQ2_XXS.FORMAT;
            case IQ2_XS -> IQ2_XS.FORMAT;
            case IQ2_S -> IQ2_S.FORMAT;
            case IQ3_XXS -> IQ3_XXS.FORMAT;
            case IQ3_S -> IQ3_S.FORMAT;
            case IQ4_NL -> IQ4_NL.FORMAT;
            case IQ4_XS -> IQ4_XS.FORMAT;
            case TQ1_0 -> TQ1_0.FORMAT;
            case TQ2_0 -> TQ2_0.FORMAT;
            case MXFP4 -> MXFP4.FORMAT;
            case NVFP4 -> NVFP4.FORMAT;
            case Q1_0 -> Q1_0.FORMAT;
            case Q2_0 -> Q2_0.FORMAT;
        };
    }
}

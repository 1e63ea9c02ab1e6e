package moka.tokenizer;

/** What a token is, as bits: the token types of GGUF, some changed at load, and how it treats white space. */
final class Attributes {
    static final int UNKNOWN = 1;
    static final int UNUSED = 2;
    static final int NORMAL = 4;
    /** Not shown, and recognised in trusted text only. */
    static final int CONTROL = 8;
    /** Shown, and cut out of text before anything else. */
    static final int USER_DEFINED = 16;
    /** {@code <0xXX>}: stands for one byte. */
    static final int BYTE = 32;
    /** Swallows white space before it. */
    static final int LEFT_STRIP = 128;
    /** Swallows white space after it. */
    static final int RIGHT_STRIP = 256;

    private Attributes() {}

    /** Attributes of a {@code tokenizer.ggml.token_type}. */
    static int ofTokenType(long type) {
        return switch ((int) type) {
            case 1 -> NORMAL;
            case 2 -> UNKNOWN;
            case 3 -> CONTROL;
            case 4 -> USER_DEFINED;
            case 5 -> UNUSED;
            case 6 -> BYTE;
            default -> 0;
        };
    }
}

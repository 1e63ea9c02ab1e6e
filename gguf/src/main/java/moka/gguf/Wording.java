package moka.gguf;

import java.util.Locale;

/** How names, numbers and shapes are written in messages. */
final class Wording {
    private static final int LONGEST_NAME = 80;

    private Wording() {}

    /** A name from a file, in quotes: long ones cut, control characters escaped, so that a hostile name cannot forge a message. */
    static String quoted(String name) {
        String shown = name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "…";
        return "'" + OneLine.of(shown) + "'";
    }

    static String key(String name) {
        return "key " + quoted(name);
    }

    static String tensor(String name) {
        return "tensor " + quoted(name);
    }

    /** 4912000128 as 4,912,000,128. */
    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** "1 byte", "4,096 bytes". */
    static String bytes(long count) {
        return grouped(count) + (count == 1 ? " byte" : " bytes");
    }

    /** 3072 x 8192; "one element" for a tensor without dimensions. */
    static String shape(long[] shape) {
        if (shape.length == 0) {
            return "one element";
        }
        var text = new StringBuilder();
        for (int i = 0; i < shape.length; i++) {
            text.append(i == 0 ? "" : " x ").append(Long.toUnsignedString(shape[i]));
        }
        return text.toString();
    }
}

package moka.tokenizer;

import java.util.Arrays;

/** Token texts of RWKV: {@code \n}, {@code \t}, {@code \r}, {@code \xHH}, {@code \\} and {@code \'} stand for bytes. */
final class PythonEscapes {
    private PythonEscapes() {}

    static byte[] decode(byte[] text) {
        var result = new byte[text.length];
        int to = 0;
        for (int i = 0; i < text.length; i++) {
            byte b = text[i];
            if (b != '\\' || i + 1 >= text.length) {
                result[to++] = b;
                continue;
            }
            byte escaped = text[++i];
            switch (escaped) {
                case 'n' -> result[to++] = '\n';
                case 't' -> result[to++] = '\t';
                case 'r' -> result[to++] = '\r';
                case 'x' -> {
                    int high = i + 1 < text.length ? Character.digit(text[i + 1], 16) : -1;
                    int low = i + 2 < text.length ? Character.digit(text[i + 2], 16) : -1;
                    if (high >= 0 && low >= 0) {
                        result[to++] = (byte) (high << 4 | low);
                        i += 2;
                    } else {
                        result[to++] = escaped;
                    }
                }
                default -> result[to++] = escaped;
            }
        }
        return Arrays.copyOf(result, to);
    }
}

package moka.gguf;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import moka.gguf.GgufException.Level;

/**
 * Reads the 24 bytes that begin a file: magic, version, tensor count, key count. The magic keeps its byte order; the version tells
 * whether the rest is little- or big-endian.
 */
final class HeaderReader {
    record Header(int version, boolean bigEndian, long tensorCount, long keyCount) {}

    private static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

    private HeaderReader() {}

    static Header read(Cursor in) {
        in.at(Level.HEADER, () -> "header");
        readMagic(in);
        int version = readVersion(in);
        long tensorCount = count(in, "tensor count");
        long keyCount = count(in, "key count");
        return new Header(version, in.order() == ByteOrder.BIG_ENDIAN, tensorCount, keyCount);
    }

    private static void readMagic(Cursor in) {
        if (in.size() == 0) {
            throw in.fault(0, "empty file", "magic 'GGUF'");
        }
        if (in.size() < MAGIC.length) {
            throw in.fault(0, "end of file at byte " + in.size(), "magic 'GGUF'", "the file is too short: truncated");
        }
        byte[] magic = in.take(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            throw in.fault(0, "magic " + shown(magic), "'GGUF'", whatItIs(magic));
        }
    }

    private static int readVersion(Cursor in) {
        long begin = in.position();
        long version = in.u32("the version");
        if (version != 0 && (version & 0xffff) == 0) { // the low half of a small big-endian number
            in.order(ByteOrder.BIG_ENDIAN);
            version = Integer.toUnsignedLong(Integer.reverseBytes((int) version));
        }
        if (version != 2 && version != 3) {
            String order = in.order() == ByteOrder.BIG_ENDIAN ? " (big-endian)" : "";
            String hint =
                    version == 1 ? "version 1 had 32-bit lengths and is no longer read: convert the model again" : "";
            throw in.fault(begin, "version " + version + order, "2 or 3", hint);
        }
        return (int) version;
    }

    private static long count(Cursor in, String what) {
        long begin = in.position();
        long count = in.u64("the " + what);
        if (count < 0) {
            throw in.fault(begin, what + " " + Long.toUnsignedString(count), "less than 2^63");
        }
        return count;
    }

    private static String shown(byte[] magic) {
        for (byte b : magic) {
            if (b < 0x20 || b > 0x7e) {
                String text = new String(magic, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", ".");
                return "'" + text + "' (" + HexFormat.ofDelimiter(" ").formatHex(magic) + ")";
            }
        }
        return "'" + new String(magic, StandardCharsets.US_ASCII) + "'";
    }

    private static String whatItIs(byte[] magic) {
        return switch (new String(magic, StandardCharsets.ISO_8859_1)) {
            case "GGML", "lmgg", "tjgg", "fmgg", "algg" -> "a model file of before GGUF: convert the model again";
            case "FUGG" -> "the magic is reversed";
            case "gguf" -> "the magic is in lower case";
            case "PK\u0003\u0004" -> "a ZIP or PyTorch file: convert it to GGUF first";
            case "vers" -> "perhaps a Git LFS pointer: fetch the file that it stands for";
            case "<!do", "<!DO", "<htm", "<HTM" -> "a web page: the download went wrong";
            default -> "not a GGUF file";
        };
    }
}

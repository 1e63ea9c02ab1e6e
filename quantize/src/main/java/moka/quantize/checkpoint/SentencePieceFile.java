package moka.quantize.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moka.quantize.QuantizeException;

/**
 * A {@code tokenizer.model} of sentencepiece: a protocol buffer {@code ModelProto} with the pieces in field 1 (each a message of text 1, score 2,
 * type 3) and what the trainer was told in field 2 (where field 3 is the kind of model: 1 unigram, 2 byte pairs, 3 words, 4 characters). Source: the
 * format description of the sentencepiece project.
 */
record SentencePieceFile(List<Piece> pieces, int modelKind) {
    static final int UNIGRAM = 1;
    static final int BYTE_PAIRS = 2;

    private static final long MOST_BYTES = 64L << 20;
    private static final int NORMAL = 1;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    /** @param type 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 a byte */
    record Piece(String text, float score, int type) {}

    static SentencePieceFile read(Path path) {
        return new Reader(String.valueOf(path.getFileName()), JsonFile.bytes(path, MOST_BYTES)).file();
    }

    private static final class Reader {
        private final String name;
        private final byte[] bytes;
        private int at;

        Reader(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }

        SentencePieceFile file() {
            List<Piece> pieces = new ArrayList<>();
            int kind = UNIGRAM;
            while (at < bytes.length) {
                long tag = varint();
                if (tag == (1 << 3 | LENGTH)) {
                    pieces.add(piece(end()));
                } else if (tag == (2 << 3 | LENGTH)) {
                    kind = kind(end(), kind);
                } else {
                    skip((int) (tag & 7), bytes.length);
                }
            }
            if (pieces.isEmpty()) {
                throw fault("no pieces");
            }
            return new SentencePieceFile(pieces, kind);
        }

        private Piece piece(int end) {
            String text = "";
            float score = 0;
            int type = NORMAL;
            while (at < end) {
                long tag = varint();
                if (tag == (1 << 3 | LENGTH)) {
                    int textEnd = end();
                    text = new String(bytes, at, textEnd - at, StandardCharsets.UTF_8);
                    at = textEnd;
                } else if (tag == (2 << 3 | FIXED32)) {
                    require(4, end);
                    int bits = 0;
                    for (int i = 0; i < 4; i++) {
                        bits |= (bytes[at++] & 0xff) << 8 * i;
                    }
                    score = Float.intBitsToFloat(bits);
                } else if (tag == (3 << 3 | VARINT)) {
                    type = Math.clamp(varint(), 0, 7);
                } else {
                    skip((int) (tag & 7), end);
                }
            }
            requireAt(end);
            return new Piece(text, score, type);
        }

        private int kind(int end, int otherwise) {
            int kind = otherwise;
            while (at < end) {
                long tag = varint();
                if (tag == (3 << 3 | VARINT)) {
                    kind = Math.clamp(varint(), 0, 7);
                } else {
                    skip((int) (tag & 7), end);
                }
            }
            requireAt(end);
            return kind;
        }

        /** Where the field ends whose length comes next. */
        private int end() {
            long length = varint();
            if (length < 0 || length > bytes.length - at) {
                throw fault("a field of " + Long.toUnsignedString(length) + " bytes, " + (bytes.length - at) + " are left");
            }
            return at + (int) length;
        }

        private void skip(int wireType, int end) {
            switch (wireType) {
                case VARINT -> varint();
                case FIXED64 -> {
                    require(8, end);
                    at += 8;
                }
                case LENGTH -> at = end();
                case FIXED32 -> {
                    require(4, end);
                    at += 4;
                }
                default -> throw fault("a field of wire type " + wireType);
            }
        }

        private long varint() {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                require(1, bytes.length);
                byte next = bytes[at++];
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw fault("a number of more than 64 bits");
        }

        private void require(int length, int end) {
            if (length > end - at) {
                throw fault("an end inside a field");
            }
        }

        private void requireAt(int end) {
            if (at != end) {
                throw fault("a field that runs over the end of its message");
            }
        }

        private QuantizeException fault(String found) {
            return new QuantizeException(
                    name + ": at byte " + at + ": " + found + ", expected a model of sentencepiece: the file is damaged");
        }
    }
}

package moka.quantize;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** A short text that stands for data: what an unfinished file was made from is told from others by it. For one thread. */
final class Fingerprint {
    private final MessageDigest digest;

    Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    Fingerprint add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
        digest.update(bytes);
        return this;
    }

    Fingerprint add(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
        return this;
    }

    /** Names, types, shapes, first and last row of all tensors: enough to tell one model from another, without reading it as a whole. */
    Fingerprint add(ModelSource source) {
        for (SourceTensor tensor : source.tensors()) {
            add(tensor.info().name() + " " + tensor.info().type() + " " + Arrays.toString(tensor.info().shape()));
            float[] row = new float[tensor.columns()];
            tensor.read(0, 1, row, 0);
            add(row);
            tensor.read(tensor.rows() - 1, 1, row, 0);
            add(row);
        }
        return this;
    }

    String text() {
        return HexFormat.of().formatHex(digest.digest());
    }
}

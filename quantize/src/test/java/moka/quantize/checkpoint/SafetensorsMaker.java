package moka.quantize.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Writes small safetensors files. */
final class SafetensorsMaker {
    private record Entry(String type, long[] shape, byte[] data) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    SafetensorsMaker words(String name, long[] shape, int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(words);
        return raw(name, "I32", shape, bytes.array());
    }

    SafetensorsMaker floats(String name, long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return raw(name, "F32", shape, bytes.array());
    }

    SafetensorsMaker halves(String name, long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putShort(Float.floatToFloat16(value));
        }
        return raw(name, "F16", shape, bytes.array());
    }

    SafetensorsMaker bytes(String name, long[] shape, int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return raw(name, "U8", shape, bytes);
    }

    SafetensorsMaker raw(String name, String type, long[] shape, byte[] data) {
        entries.put(name, new Entry(type, shape, data));
        return this;
    }

    byte[] toBytes() {
        StringJoiner header = new StringJoiner(",", "{", "}");
        int at = 0;
        for (Map.Entry<String, Entry> it : entries.entrySet()) {
            Entry entry = it.getValue();
            header.add("\"" + it.getKey() + "\":{\"dtype\":\"" + entry.type + "\",\"shape\":" + Arrays.toString(entry.shape)
                    + ",\"data_offsets\":[" + at + "," + (at + entry.data.length) + "]}");
            at += entry.data.length;
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + text.length + at).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(text.length).put(text);
        entries.values().forEach(it -> file.put(it.data));
        return file.array();
    }

    void write(Path path) throws IOException {
        Files.write(path, toBytes());
    }
}

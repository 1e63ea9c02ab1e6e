package moka.gguf;

import java.lang.foreign.MemorySegment;

/**
 * A tensor of an open safetensors file.
 *
 * @param name the name, such as {@code model.layers.0.self_attn.q_proj.weight}
 * @param type how its elements are stored
 * @param shape lengths of the dimensions as the file gives them: the last is the length of a row (the fastest varying), other than
 *     in GGUF
 * @param data the bytes, inside the map of the file; at any alignment; valid until the file is closed
 */
public record SafetensorsTensor(String name, SafetensorsType type, long[] shape, MemorySegment data) {
    /** Number of elements; 1 for a tensor without dimensions. */
    public long elements() {
        long elements = 1;
        for (long length : shape) {
            elements *= length;
        }
        return elements;
    }
}

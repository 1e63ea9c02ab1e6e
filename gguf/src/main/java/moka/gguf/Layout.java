package moka.gguf;

import java.util.ArrayList;
import java.util.List;

/**
 * What lies where in a file that is to be written.
 *
 * @param head everything before the data
 * @param begins where the data of each tensor begins in the file
 */
record Layout(byte[] head, List<Long> begins, long sizeBytes) {
    static Layout of(Metadata metadata, List<GgufTensorInfo> tensors, GgufWriter.Options options) {
        int alignment = alignment(metadata);
        List<Long> offsets = new ArrayList<>();
        long end = 0;
        for (GgufTensorInfo tensor : tensors) {
            if (options.bigEndian() && !ByteSwap.supports(tensor.type())) {
                throw new IllegalArgumentException(
                        Wording.tensor(tensor.name()) + ": " + tensor.type() + " cannot be written big-endian");
            }
            offsets.add(end);
            end = align(Math.addExact(end, tensor.bytes()), alignment);
        }
        byte[] head = new Encoder(options).encode(metadata, tensors, offsets);
        long dataBegin = tensors.isEmpty() ? head.length : align(head.length, alignment);
        return new Layout(head, offsets.stream().map(it -> dataBegin + it).toList(), dataBegin + end);
    }

    private static int alignment(Metadata metadata) {
        long alignment = metadata.integer(GgufReader.ALIGNMENT_KEY).orElse(GgufReader.DEFAULT_ALIGNMENT);
        if (Long.bitCount(alignment) != 1 || alignment > 1 << 30) {
            throw new IllegalArgumentException("alignment " + alignment + ", expected a power of two up to 2^30");
        }
        return (int) alignment;
    }

    private static long align(long offset, long alignment) {
        return Math.addExact(offset, alignment - 1) & -alignment;
    }
}

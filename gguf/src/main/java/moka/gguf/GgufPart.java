package moka.gguf;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One file as it was read: the whole of most models, a part of a split one. {@code map} is null for a file in memory. */
record GgufPart(
        String name,
        @Nullable FileMap map,
        HeaderReader.Header header,
        Metadata metadata,
        int alignment,
        long dataBegin,
        long sizeBytes,
        List<GgufTensor> tensors,
        List<Long> offsets) {}

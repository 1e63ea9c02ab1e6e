package moka.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** A file or the parts of a split model, and the arena that owns their maps. */
final class OpenGgufFile implements GgufFile {
    private final Arena arena;
    private final AtomicBoolean closed;
    private final List<GgufPart> parts;
    private final Metadata metadata;
    private final List<GgufTensor> tensors;
    private final Map<String, GgufTensor> byName = new HashMap<>();

    private OpenGgufFile(Arena arena, AtomicBoolean closed, List<GgufPart> parts, Metadata metadata) {
        this.arena = arena;
        this.closed = closed;
        this.parts = parts;
        this.metadata = metadata;
        List<GgufTensor> all = new ArrayList<>();
        for (GgufPart part : parts) {
            all.addAll(part.tensors());
        }
        tensors = List.copyOf(all);
        tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    }

    static GgufFile open(Path path) {
        return open(arena -> SplitFiles.open(path, arena));
    }

    static GgufFile openPart(Path path) {
        return open(arena -> List.of(SplitFiles.openPart(path, arena)));
    }

    static GgufFile of(String name, MemorySegment bytes) {
        return open(arena -> List.of(GgufReader.read(name, bytes, null, arena)));
    }

    // The arena is shared: any thread may read and close. Whatever fails leaves nothing mapped.
    private static GgufFile open(Function<Arena, List<GgufPart>> reader) {
        Arena arena = Arena.ofShared();
        try {
            List<GgufPart> parts = reader.apply(arena);
            return new OpenGgufFile(arena, new AtomicBoolean(), parts, parts.getFirst().metadata());
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return parts.getFirst().name();
    }

    @Override
    public int version() {
        return parts.getFirst().header().version();
    }

    @Override
    public boolean bigEndian() {
        return parts.getFirst().header().bigEndian();
    }

    @Override
    public int alignment() {
        return parts.getFirst().alignment();
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public GgufFile withMetadata(Metadata other) {
        return new OpenGgufFile(arena, closed, parts, other);
    }

    @Override
    public List<GgufTensor> tensors() {
        return tensors;
    }

    @Override
    public Optional<GgufTensor> tensor(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public long sizeBytes() {
        return parts.stream().mapToLong(GgufPart::sizeBytes).sum();
    }

    @Override
    public List<Part> parts() {
        return parts.stream()
                .map(part -> new Part(part.name(), part.sizeBytes(), part.dataBegin(), part.tensors(), part.offsets()))
                .toList();
    }

    @Override
    public void checkUnchanged() {
        for (GgufPart part : parts) {
            if (part.map() != null) {
                part.map().checkUnchanged();
            }
        }
    }

    @Override
    public List<MemorySegment> maps() {
        return parts.stream()
                .map(GgufPart::map)
                .filter(Objects::nonNull)
                .map(FileMap::bytes)
                .toList();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return name() + (parts.size() > 1 ? " and " + (parts.size() - 1) + " parts more" : "") + ": " + tensors.size()
                + " tensors";
    }
}

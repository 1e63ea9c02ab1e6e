package moka.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import moka.gguf.GgufException.Level;
import moka.gguf.SafetensorsReader.Content;

/** A safetensors file or the shards of a model, and the arena that owns their maps. */
final class OpenSafetensorsFile implements SafetensorsFile {
    private static final String INDEX_NAME = "model.safetensors.index.json";
    private static final String FILE_NAME = "model.safetensors";

    private record Opened(String name, List<Content> contents, List<FileMap> maps, long sizeBytes) {}

    private final Arena arena;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Opened opened;
    private final List<SafetensorsTensor> tensors;
    private final Map<String, SafetensorsTensor> byName = new HashMap<>();

    private OpenSafetensorsFile(Arena arena, Opened opened) {
        this.arena = arena;
        this.opened = opened;
        List<SafetensorsTensor> all = new ArrayList<>();
        for (Content content : opened.contents) {
            all.addAll(content.tensors());
        }
        tensors = List.copyOf(all);
        for (SafetensorsTensor tensor : tensors) {
            if (byName.put(tensor.name(), tensor) != null) {
                throw fault(opened.name, Wording.tensor(tensor.name()), "duplicate, in two shards", "each tensor once");
            }
        }
    }

    static SafetensorsFile open(Path path) {
        if (Files.isDirectory(path)) {
            Path index = path.resolve(INDEX_NAME);
            return open(Files.exists(index) ? index : path.resolve(FILE_NAME));
        }
        if (String.valueOf(path.getFileName()).endsWith(".json")) {
            return open(arena -> shards(path, arena));
        }
        return open(arena -> {
            FileMap map = FileMap.open(path, arena);
            return new Opened(
                    map.name(), List.of(SafetensorsReader.read(map.name(), map.bytes())), List.of(map), map.size());
        });
    }

    static SafetensorsFile of(String name, MemorySegment bytes) {
        return open(
                arena -> new Opened(name, List.of(SafetensorsReader.read(name, bytes)), List.of(), bytes.byteSize()));
    }

    private static SafetensorsFile open(Function<Arena, Opened> reader) {
        Arena arena = Arena.ofShared();
        try {
            return new OpenSafetensorsFile(arena, reader.apply(arena));
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    private static Opened shards(Path path, Arena arena) {
        FileMap index = FileMap.open(path, arena);
        Map<String, String> shardOfTensor;
        try {
            shardOfTensor = SafetensorsIndex.read(index.name(), index.bytes());
        } catch (InternalError e) {
            throw FileMap.cutWhileRead(index.name(), e);
        }
        List<Content> contents = new ArrayList<>();
        List<FileMap> maps = new ArrayList<>();
        Map<String, Set<String>> names = new HashMap<>();
        for (String shard : new TreeSet<>(shardOfTensor.values())) {
            FileMap map = FileMap.open(path.resolveSibling(shard), arena);
            Content content = SafetensorsReader.read(map.name(), map.bytes());
            maps.add(map);
            contents.add(content);
            names.put(
                    shard,
                    content.tensors().stream().map(SafetensorsTensor::name).collect(Collectors.toSet()));
        }
        shardOfTensor.forEach((tensor, shard) -> {
            if (!names.getOrDefault(shard, Set.of()).contains(tensor)) {
                throw fault(index.name(), Wording.tensor(tensor), "missing in " + shard, "it there, as the index says");
            }
        });
        long size = maps.stream().mapToLong(FileMap::size).sum();
        return new Opened(index.name(), contents, maps, size);
    }

    @Override
    public String name() {
        return opened.name;
    }

    @Override
    public Map<String, String> metadata() {
        return opened.contents.isEmpty() ? Map.of() : opened.contents.getFirst().metadata();
    }

    @Override
    public List<SafetensorsTensor> tensors() {
        return tensors;
    }

    @Override
    public Optional<SafetensorsTensor> tensor(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public long sizeBytes() {
        return opened.sizeBytes;
    }

    @Override
    public void checkUnchanged() {
        opened.maps.forEach(FileMap::checkUnchanged);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return name() + ": " + tensors.size() + " tensors";
    }

    private static GgufException fault(String file, String subject, String found, String expected) {
        return new GgufException(Level.SPLIT, file, -1, subject, found, expected, "", null);
    }
}

package moka.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import moka.engine.kernel.machine.BusErrorGuard;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;

/** The file of an open model: whether it holds what it promises, whether it is still what it was, and what tells it from others. */
final class ModelFile implements AutoCloseable {
    private final GgufFile file;
    private final Optional<BusErrorGuard> guard;

    /** Guards the file's maps until closed, which has to come before the file is closed. */
    ModelFile(GgufFile file) {
        this.file = file;
        this.guard = BusErrorGuard.of(file.maps());
    }

    /** Before anything is made for each block: a count that lies must not cost memory. @throws EngineException if a block has no tensor */
    static void checkBlocks(GgufFile file, String architecture, int blockCount) {
        BitSet present = new BitSet();
        for (GgufTensor tensor : file.tensors()) {
            blockOf(tensor.name()).ifPresent(present::set);
        }
        int missing = present.nextClearBit(0);
        if (missing < blockCount) {
            throw new EngineException("%s: no tensor 'blk.%d.*' but '%s.block_count' is %d"
                    .formatted(file.name(), missing, architecture, blockCount));
        }
    }

    /** The number in {@code blk.3.ffn_down.weight}. */
    private static OptionalInt blockOf(String tensor) {
        int begin = "blk.".length();
        int end = tensor.indexOf('.', begin);
        boolean numbered = tensor.startsWith("blk.") && end > begin && end - begin <= 8;
        int number = 0;
        for (int i = begin; numbered && i < end; i++) {
            number = 10 * number + tensor.charAt(i) - '0';
            numbered = tensor.charAt(i) >= '0' && tensor.charAt(i) <= '9';
        }
        return numbered ? OptionalInt.of(number) : OptionalInt.empty();
    }

    /** Looks before a batch. @throws moka.gguf.GgufException if the file is not what it was */
    void checkUnchanged() {
        file.checkUnchanged();
    }

    /** Looks after weights were read. @throws moka.gguf.GgufException if the file is not what it was @throws EngineException if the disk fails */
    void checkRead() {
        if (guard.isPresent() && guard.get().touched()) {
            file.checkUnchanged();
            throw new EngineException(file.name() + ": a part of the file could not be read: the disk fails, or the file was cut for a while");
        }
    }

    /** Tells models apart whose tensors have the same names and shapes: from these, the first bytes of each tensor, and what the options change. */
    long fingerprint(ModelOptions options) {
        var sum = new CRC32C();
        for (GgufTensor tensor : file.tensors()) {
            String facts = tensor.name() + tensor.type() + Arrays.toString(tensor.shape());
            sum.update(facts.getBytes(StandardCharsets.UTF_8));
            sum.update(tensor.data().asSlice(0, Math.min(4096, tensor.data().byteSize())).asByteBuffer());
        }
        sum.update((options.adapters() + " " + options.controlVectors()).getBytes(StandardCharsets.UTF_8));
        if (!options.metadata().isEmpty()) {
            sum.update(new TreeMap<>(options.metadata()).toString().getBytes(StandardCharsets.UTF_8));
        }
        return (long) file.tensors().size() << 32 | sum.getValue();
    }

    @Override
    public void close() {
        guard.ifPresent(BusErrorGuard::close);
    }
}

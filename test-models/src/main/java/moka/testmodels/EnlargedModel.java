package moka.testmodels;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;
import moka.gguf.TensorType;
import moka.gguf.ValueType;

/**
 * Writes a model of the structure of a tiny one, such as those of the zoo, but of the lengths of {@link #LENGTHS}: the same architecture, features and
 * tensors, with random weights, so that families can be compared for speed at equal sizes. Which length a dimension is, is told by
 * {@link TensorDimensions}.
 *
 * <p>The embedding serves as output matrix in all of them. The same arguments give the same bytes.
 */
public final class EnlargedModel {
    /** Elements made at a time. */
    private static final int PIECE = 1 << 20;
    private static final int VOCABULARY = 32768;
    private static final int BLOCKS = 8;
    private static final int HEADS = 16;
    /** What a token's experts or the dense feed-forward with a gate take together. */
    private static final int FEED_FORWARD = 4096;
    private static final int EXPERTS_USED = 8;
    /** Columns from which on a matrix is quantized. */
    private static final int QUANTIZED_COLUMNS = 32;

    /** New values of keys, where the model has them. */
    private static final Map<String, Integer> LENGTHS = Map.ofEntries(
            Map.entry("block_count", BLOCKS),
            Map.entry("context_length", 4096),
            Map.entry("embedding_length", 1024),
            Map.entry("attention.head_count", HEADS),
            Map.entry("attention.key_length", 64),
            Map.entry("attention.key_length_swa", 64),
            Map.entry("attention.value_length", 64),
            Map.entry("attention.value_length_swa", 64),
            Map.entry("attention.sliding_window", 512),
            Map.entry("attention.kv_lora_rank", 256),
            Map.entry("attention.q_lora_rank", 512),
            Map.entry("attention.key_length_mla", 96),
            Map.entry("attention.value_length_mla", 64),
            Map.entry("rope.dimension_count_swa", 64),
            Map.entry("rope.scaling.original_context_length", 4096),
            Map.entry("expert_count", 32),
            Map.entry("expert_used_count", EXPERTS_USED),
            Map.entry("expert_feed_forward_length", FEED_FORWARD / EXPERTS_USED),
            Map.entry("expert_shared_feed_forward_length", FEED_FORWARD / EXPERTS_USED),
            Map.entry("embedding_length_per_layer_input", 64),
            Map.entry("ssm.inner_size", 2048),
            Map.entry("kda.head_dim", 64),
            Map.entry("nextn_predict_layers", 0),
            Map.entry("vocab_size", VOCABULARY));

    private final GgufFile base;
    private final Metadata metadata;
    private final TensorType type;
    private final long seed;
    private final int baseBlocks;
    private final int sharedBlocks; // at the end, without keys and values of their own
    private final boolean denseFirst;

    private EnlargedModel(GgufFile base, TensorType type, long seed) {
        this.base = base;
        this.type = type;
        this.seed = seed;
        String prefix = base.metadata().requireString("general.architecture") + ".";
        String predicted = prefix + "nextn_predict_layers";
        baseBlocks = (int) (base.metadata().requireInteger(prefix + "block_count") - base.metadata().integer(predicted).orElse(0));
        sharedBlocks = (int) base.metadata().integer(prefix + "attention.shared_kv_layers").orElse(0);
        denseFirst = base.metadata().integer(prefix + "leading_dense_block_count").orElse(0) > 0;
        metadata = enlarge(base.metadata(), prefix);
    }

    /**
     * Writes a model.
     *
     * @param base the tiny model
     * @param type of all matrices but those that the base has in a quantized type, and routers
     */
    public static void write(Path base, TensorType type, long seed, Path file) {
        try (GgufFile tiny = GgufFile.open(base)) {
            new EnlargedModel(tiny, type, seed).write(file);
        }
    }

    private void write(Path file) {
        List<GgufTensorInfo> tensors = tensors();
        try (GgufWriter writer = GgufWriter.create(file, metadata, tensors)) {
            for (GgufTensorInfo tensor : tensors) {
                writeData(tensor, writer);
            }
            writer.commit();
        }
    }

    // ---- metadata

    private Metadata enlarge(Metadata tiny, String prefix) {
        MetadataBuilder result = tiny.toBuilder();
        for (Map.Entry<String, MetadataValue> entry : tiny.values().entrySet()) {
            String key = entry.getKey().startsWith(prefix) ? entry.getKey().substring(prefix.length()) : "";
            if (entry.getValue() instanceof MetadataValue.ArrayValue array && (!key.isEmpty() || entry.getKey().startsWith("xielu"))) {
                result.set(entry.getKey(), lengthened(tiny, prefix, key, array));
            } else if (LENGTHS.containsKey(key)) {
                boolean none = entry.getValue() instanceof MetadataValue.IntegerValue it && it.value() == 0;
                result.setUint32(entry.getKey(), none ? 0 : LENGTHS.get(key));
            }
        }
        enlargeFeedForward(tiny, prefix, result);
        enlargeHeads(tiny, prefix, result);
        enlargeStates(tiny, prefix, result);
        new SyntheticVocabulary(VOCABULARY, new SplittableRandom(seed)).describe(result);
        return result.build();
    }

    /** An array of one value a block, repeated; counts of heads and lengths of feed-forwards that are not 0 become the new ones. */
    private MetadataValue lengthened(Metadata tiny, String prefix, String key, MetadataValue.ArrayValue array) {
        if (array.size() < baseBlocks) {
            return array;
        }
        if (array.elementType() == ValueType.FLOAT32) {
            float[] values = new float[BLOCKS];
            for (int i = 0; i < BLOCKS; i++) {
                values[i] = array.floats()[baseLayer(i)];
            }
            return MetadataValue.floats(values);
        }
        long[] values = new long[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            long value = array.longs()[baseLayer(i)];
            values[i] = switch (key) {
                case "attention.head_count_kv" -> value == 0 ? 0 : kvHeads(tiny, prefix, value);
                case "attention.head_count" -> value == 0 ? 0 : HEADS;
                case "feed_forward_length" -> value == 0 ? 0 : FEED_FORWARD;
                default -> value;
            };
        }
        return MetadataValue.integers(array.elementType(), values);
    }

    private void enlargeFeedForward(Metadata tiny, String prefix, MetadataBuilder result) {
        String key = prefix + "feed_forward_length";
        if (!(tiny.values().get(key) instanceof MetadataValue.IntegerValue it) || it.value() == 0) {
            return;
        }
        boolean expertsAlone = tiny.contains(prefix + "expert_count") && !tiny.contains(prefix + "expert_feed_forward_length");
        boolean gated = base.tensors().stream().anyMatch(tensor -> tensor.name().contains("ffn_gate.") || tensor.name().contains("_exps."))
                || base.tensor("blk.0.ffn_up.weight").map(tensor -> tensor.rows() == 2 * it.value()).orElse(false);
        // Three matrices with a gate, two without.
        result.setUint32(key, expertsAlone ? FEED_FORWARD / EXPERTS_USED : gated ? FEED_FORWARD : FEED_FORWARD * 3 / 2);
    }

    private void enlargeHeads(Metadata tiny, String prefix, MetadataBuilder result) {
        String key = prefix + "attention.head_count_kv";
        if (tiny.values().get(key) instanceof MetadataValue.IntegerValue it && it.value() > 0) {
            result.setUint32(key, kvHeads(tiny, prefix, it.value()));
        }
        String rotated = prefix + "rope.dimension_count";
        if (tiny.contains(prefix + "attention.kv_lora_rank")) {
            int positions = LENGTHS.get("attention.key_length_mla") / 3;
            result.setUint32(rotated, positions);
            boolean latentLengths = tiny.contains(prefix + "attention.key_length_mla");
            String mla = latentLengths ? "attention.kv_lora_rank" : "attention.key_length_mla";
            result.setUint32(prefix + "attention.key_length", LENGTHS.get(mla) + (latentLengths ? positions : 0));
            if (latentLengths) {
                result.setUint32(prefix + "attention.value_length", LENGTHS.get(mla));
            }
        } else if (tiny.contains(rotated)) {
            long head = tiny.integer(prefix + "attention.key_length")
                    .orElseGet(() -> tiny.requireInteger(prefix + "embedding_length") / tiny.requireInteger(prefix + "attention.head_count"));
            result.setUint32(rotated, 64 * tiny.requireInteger(rotated) / head);
        }
    }

    /** One key head stays one, as many as query heads stay as many. */
    private static int kvHeads(Metadata tiny, String prefix, long tinyCount) {
        boolean grouped = !(tiny.values().get(prefix + "attention.head_count") instanceof MetadataValue.IntegerValue heads)
                || tinyCount < heads.value();
        return tinyCount == 1 ? 1 : grouped ? HEADS / 4 : HEADS;
    }

    private void enlargeStates(Metadata tiny, String prefix, MetadataBuilder result) {
        if (!tiny.contains(prefix + "ssm.state_size")) {
            return;
        }
        int inner = LENGTHS.get("ssm.inner_size");
        if (base.tensors().stream().anyMatch(it -> it.name().endsWith("ssm_x.weight"))) {
            result.setUint32(prefix + "ssm.state_size", 16).setUint32(prefix + "ssm.time_step_rank", 64);
        } else if (base.tensors().stream().anyMatch(it -> it.name().endsWith("attn_gate.weight"))) {
            result.setUint32(prefix + "ssm.state_size", 128)
                    .setUint32(prefix + "ssm.time_step_rank", inner / 128)
                    .setUint32(prefix + "ssm.group_count", inner / 256);
        } else {
            result.setUint32(prefix + "ssm.state_size", 128).setUint32(prefix + "ssm.time_step_rank", inner / 64);
        }
    }

    // ---- tensors

    /** Of which block of the tiny model a block takes its structure. */
    private int baseLayer(int layer) {
        if (layer >= BLOCKS - sharedBlocks) {
            return baseBlocks - (BLOCKS - layer);
        }
        return denseFirst ? Math.min(layer, baseBlocks - 1) : layer % (baseBlocks - sharedBlocks);
    }

    private List<GgufTensorInfo> tensors() {
        List<GgufTensorInfo> result = new ArrayList<>();
        for (GgufTensor tensor : base.tensors()) {
            String name = tensor.name();
            if (!name.startsWith("blk.") && !name.startsWith("output.")) {
                result.add(enlarged(name, name, 0, 0, tensor));
            }
        }
        for (int layer = 0; layer < BLOCKS; layer++) {
            String prefix = "blk." + baseLayer(layer) + ".";
            for (GgufTensor tensor : base.tensors()) {
                if (tensor.name().startsWith(prefix)) {
                    String name = tensor.name().substring(prefix.length());
                    result.add(enlarged("blk." + layer + "." + name, name, baseLayer(layer), layer, tensor));
                }
            }
        }
        return result;
    }

    private GgufTensorInfo enlarged(String newName, String name, int tinyLayer, int layer, GgufTensor tensor) {
        long[] shape = TensorDimensions.enlarge(
                name, tensor.shape(), TensorDimensions.lengths(base.metadata(), tinyLayer), TensorDimensions.lengths(metadata, layer));
        boolean small = shape.length < 2
                || shape[0] < QUANTIZED_COLUMNS
                || name.contains("norm")
                || name.contains(".bias")
                || name.contains("conv1d")
                || name.endsWith("conv.weight")
                || name.startsWith("ffn_gate_inp")
                || name.startsWith("ssm_a")
                || name.startsWith("altup");
        return new GgufTensorInfo(newName, tensor.type() != TensorType.F32 ? tensor.type() : small ? TensorType.F32 : type, shape);
    }

    private void writeData(GgufTensorInfo tensor, GgufWriter writer) {
        String name = tensor.name();
        var random = new SplittableRandom(seed ^ name.hashCode());
        long elements = 1;
        for (long length : tensor.shape()) {
            elements *= length;
        }
        boolean spread = tensor.type() != TensorType.F32
                || tensor.shape().length > 1 && !name.contains("norm") && !name.endsWith(".bias") && !name.endsWith("ssm_a") && !name.endsWith("ssm_d");
        double gain = name.contains("down") || name.contains("output") || name.contains("out.") ? 0.25 : 1;
        for (long first = 0; first < elements; first += PIECE) {
            int count = (int) Math.min(PIECE, elements - first);
            byte[] piece = spread
                    ? RandomBlocks.make(tensor.type(), gain / Math.sqrt(tensor.shape()[0]), count, random)
                    : SyntheticModel.littleEndian(values(name, count, random));
            writer.append(name, MemorySegment.ofArray(piece));
        }
    }

    /** Norms and factors about 1, biases about 0, decays below 0. */
    private static float[] values(String name, int count, SplittableRandom random) {
        double middle = name.endsWith("ssm_a") ? -1 : name.endsWith(".bias") || name.contains("sinks") ? 0 : 1;
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (middle + 0.2 * (random.nextDouble() - 0.5));
        }
        return values;
    }
}

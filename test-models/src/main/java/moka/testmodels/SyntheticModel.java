package moka.testmodels;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moka.gguf.GgufTensorInfo;
import moka.gguf.GgufWriter;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.TensorType;
import moka.testmodels.TypeMix.Role;

/**
 * Writes models of random weights: Llama-shaped files with the keys and tensors of a converted Llama 3.2, which Moka
 * and llama.cpp load alike. They say nothing sensible, but cost what a trained model of that shape and type costs.
 * Activations neither explode nor vanish: weights have a deviation of {@code 1 / sqrt(columns)}, and a quarter of
 * that where they add to the residual stream.
 *
 * <p>The same arguments give the same bytes.
 */
public final class SyntheticModel {
    /** Elements made at a time. */
    private static final int PIECE = 1 << 20;

    private final ModelShape shape;
    private final TypeMix mix;
    private final long seed;
    private final List<Weights> weights = new ArrayList<>();

    /** A tensor and the deviation of its values; norms are 1 give or take a tenth. */
    private record Weights(GgufTensorInfo info, double deviation) {}

    private SyntheticModel(ModelShape shape, TypeMix mix, long seed) {
        this.shape = shape;
        this.mix = mix;
        this.seed = seed;
        announceTensors();
    }

    /**
     * {@code SyntheticModel SHAPE TYPE FILE [SEED]}: writes a file.
     *
     * <p>SHAPE: 1B, 3B, 8B, small. TYPE: Q4_K_M, Q8_0 and the like, or a tensor type.
     */
    public static void main(String[] arguments) {
        if (arguments.length < 3 || arguments.length > 4) {
            throw new IllegalArgumentException("expected SHAPE TYPE FILE [SEED]");
        }
        long seed = arguments.length == 4 ? Long.parseLong(arguments[3]) : 1;
        write(ModelShape.named(arguments[0]), TypeMix.named(arguments[1]), seed, Path.of(arguments[2]));
    }

    /** Writes a model. @throws moka.gguf.GgufException if the file cannot be written */
    public static void write(ModelShape shape, TypeMix mix, long seed, Path file) {
        var model = new SyntheticModel(shape, mix, seed);
        List<GgufTensorInfo> tensors = model.weights.stream().map(Weights::info).toList();
        try (GgufWriter writer = GgufWriter.create(file, model.metadata(String.valueOf(file.getFileName())), tensors)) {
            for (Weights one : model.weights) {
                model.writeData(one, writer);
            }
            writer.commit();
        }
    }

    private void announceTensors() {
        int width = shape.embeddingLength();
        int queries = shape.headCount() * shape.headLength();
        int keys = shape.kvHeadCount() * shape.headLength();
        Role embedding = shape.tied() ? Role.OUTPUT : Role.EMBEDDING;
        if (shape.ropeScaled()) {
            add("rope_freqs.weight", TensorType.F32, 0, shape.headLength() / 2);
        }
        add("output_norm.weight", TensorType.F32, 0, width);
        add("token_embd.weight", embedding, 0, 1, width, shape.vocabularySize());
        if (!shape.tied()) {
            add("output.weight", Role.OUTPUT, 0, 1, width, shape.vocabularySize());
        }
        for (int layer = 0; layer < shape.blockCount(); layer++) {
            String block = "blk." + layer + ".";
            add(block + "attn_k.weight", Role.ATTENTION_KEY, layer, 1, width, keys);
            add(block + "attn_norm.weight", TensorType.F32, 0, width);
            add(block + "attn_output.weight", Role.ATTENTION_OUTPUT, layer, 0.25, queries, width);
            add(block + "attn_q.weight", Role.ATTENTION_QUERY, layer, 1, width, queries);
            add(block + "attn_v.weight", Role.ATTENTION_VALUE, layer, 1, width, keys);
            add(block + "ffn_down.weight", Role.FEED_FORWARD_DOWN, layer, 0.25, shape.feedForwardLength(), width);
            add(block + "ffn_gate.weight", Role.FEED_FORWARD_GATE, layer, 1, width, shape.feedForwardLength());
            add(block + "ffn_norm.weight", TensorType.F32, 0, width);
            add(block + "ffn_up.weight", Role.FEED_FORWARD_UP, layer, 1, width, shape.feedForwardLength());
        }
    }

    private void add(String name, Role role, int layer, double gain, int columns, int rows) {
        TensorType type = mix.typeOf(role, layer, shape);
        weights.add(new Weights(new GgufTensorInfo(name, type, columns, rows), gain / Math.sqrt(columns)));
    }

    private void add(String name, TensorType type, double deviation, int length) {
        weights.add(new Weights(new GgufTensorInfo(name, type, length), deviation));
    }

    private void writeData(Weights one, GgufWriter writer) {
        String name = one.info.name();
        var random = new SplittableRandom(seed ^ name.hashCode());
        if (one.info.shape().length == 1) {
            float[] values = name.equals("rope_freqs.weight") ? ropeFactors() : norm(random);
            writer.write(name, MemorySegment.ofArray(littleEndian(values)));
            return;
        }
        long elements = one.info.shape()[0] * one.info.shape()[1];
        for (long first = 0; first < elements; first += PIECE) {
            int count = (int) Math.min(PIECE, elements - first);
            byte[] piece = RandomBlocks.make(one.info.type(), one.deviation, count, random);
            writer.append(name, MemorySegment.ofArray(piece));
        }
    }

    private float[] norm(SplittableRandom random) {
        var values = new float[shape.embeddingLength()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.9 + 0.2 * random.nextDouble());
        }
        return values;
    }

    /**
     * What frequencies are divided by in Llama 3.2: 1 for wavelengths up to a quarter of the 8192 positions of its
     * first training, 32 for those beyond them, and in between a blend.
     */
    private float[] ropeFactors() {
        var factors = new float[shape.headLength() / 2];
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(shape.ropeBase(), 2.0 * i / shape.headLength());
            double turns = 8192 / wavelength;
            double share = Math.clamp((turns - 1) / (4 - 1), 0, 1);
            factors[i] = (float) (1 / (share + (1 - share) / 32));
        }
        return factors;
    }

    static byte[] littleEndian(float[] values) {
        var bytes = new byte[4 * values.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToIntBits(values[i]);
            for (int b = 0; b < 4; b++) {
                bytes[4 * i + b] = (byte) (bits >> 8 * b);
            }
        }
        return bytes;
    }

    private Metadata metadata(String source) {
        MetadataBuilder metadata = Metadata.builder(source)
                .set("general.architecture", "llama")
                .set("general.type", "model")
                .set("general.name", "Synthetic " + shape.name() + " " + mix.name())
                .set("general.basename", "synthetic")
                .set("general.size_label", shape.name())
                .setUint32("llama.block_count", shape.blockCount())
                .setUint32("llama.context_length", shape.contextLength())
                .setUint32("llama.embedding_length", shape.embeddingLength())
                .setUint32("llama.feed_forward_length", shape.feedForwardLength())
                .setUint32("llama.attention.head_count", shape.headCount())
                .setUint32("llama.attention.head_count_kv", shape.kvHeadCount())
                .setFloat32("llama.rope.freq_base", shape.ropeBase())
                .setFloat32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .setUint32("llama.attention.key_length", shape.headLength())
                .setUint32("llama.attention.value_length", shape.headLength())
                .setUint32("llama.vocab_size", shape.vocabularySize())
                .setUint32("llama.rope.dimension_count", shape.headLength());
        new SyntheticVocabulary(shape.vocabularySize(), new SplittableRandom(seed)).describe(metadata);
        metadata.setUint32("general.quantization_version", 2);
        if (mix.fileType() >= 0) {
            metadata.setUint32("general.file_type", mix.fileType());
        }
        return metadata.build();
    }
}

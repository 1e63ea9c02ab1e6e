package moka.quantize.checkpoint;

import java.util.Map;
import java.util.Optional;
import moka.gguf.MetadataBuilder;

/**
 * A family of models: how its checkpoints become GGUF. Source of the facts: the models' configurations in the transformers library, and what
 * llama.cpp's converter writes.
 */
interface Family {
    /** {@code general.architecture}. */
    String architecture();

    /** What {@code config.json} leaves out because the family takes it for granted. */
    default Map<String, Object> defaults() {
        return Map.of();
    }

    /** Sets the keys of the architecture. */
    void describe(Configuration config, MetadataBuilder keys);

    TensorNames names();

    /** Whether a tensor of the checkpoint has no place in the model and is left out. */
    default boolean leavesOut(String tensor) {
        // Rotation is computed, not read.
        return tensor.endsWith(".rotary_emb.inv_freq");
    }

    /** A tensor as the architecture wants it. @param name in the checkpoint */
    default Matrix changed(String name, Matrix stored, Configuration config) {
        return stored;
    }

    /** Tensors that only the configuration tells of, by GGUF name. */
    default Map<String, float[]> extraTensors(Configuration config) {
        return Map.of();
    }

    /** Which files the vocabulary comes from. */
    default VocabularyReader.Preference vocabulary(Optional<String> tokenizerClass) {
        return VocabularyReader.Preference.SENTENCE_PIECE;
    }

    /** Keys of the vocabulary that the family sets over those of the files. */
    default void describeVocabulary(Configuration config, Optional<Boolean> addPrefixSpace, MetadataBuilder keys) {}
}

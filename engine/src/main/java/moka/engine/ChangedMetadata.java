package moka.engine;

import java.util.Map;
import moka.engine.architecture.Hyperparameters;
import moka.engine.ops.RopeScaling;
import moka.gguf.GgufFile;
import moka.gguf.Metadata;
import moka.gguf.MetadataBuilder;
import moka.gguf.MetadataValue;

/** A model file whose metadata the user knows better than the file does. */
final class ChangedMetadata {
    private static final String OF_ARCHITECTURE = ".";
    private static final String FACTOR = "rope.scaling.factor";
    private static final String CONTEXT_LENGTH = "context_length";

    private ChangedMetadata() {}

    /** The file with values in place of its own, or beside them. @param changes see {@link ModelOptions#metadata()} */
    static GgufFile of(GgufFile file, Map<String, MetadataValue> changes) {
        if (changes.isEmpty()) {
            return file;
        }
        MetadataBuilder builder = file.metadata().toBuilder();
        changes.forEach((key, value) -> {
            if (!key.startsWith(OF_ARCHITECTURE)) {
                builder.set(key, value);
            }
        });
        String architecture = builder.build().requireString("general.architecture");
        changes.forEach((key, value) -> {
            if (key.startsWith(OF_ARCHITECTURE)) {
                builder.set(architecture + key, value);
            }
        });
        if (isSet(changes, architecture, FACTOR) && !isSet(changes, architecture, CONTEXT_LENGTH)) {
            stretchContext(builder, architecture);
        }
        return file.withMetadata(builder.build());
    }

    private static boolean isSet(Map<String, MetadataValue> changes, String architecture, String key) {
        return changes.containsKey(OF_ARCHITECTURE + key) || changes.containsKey(architecture + OF_ARCHITECTURE + key);
    }

    /** A model stretched by YaRN sees more than it was trained for, as llama.cpp takes it. */
    private static void stretchContext(MetadataBuilder builder, String architecture) {
        Metadata changed = builder.build();
        RopeScaling scaling = new Hyperparameters(changed, architecture).ropeScaling();
        if (scaling.type() == RopeScaling.Type.YARN) {
            long stretched = (long) (scaling.originalContextLength() * scaling.factor());
            builder.setUint32(architecture + OF_ARCHITECTURE + CONTEXT_LENGTH, Math.clamp(stretched, 1, Integer.MAX_VALUE));
        }
    }
}

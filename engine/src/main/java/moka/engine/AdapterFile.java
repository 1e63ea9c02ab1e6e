package moka.engine;

import java.nio.file.Path;

/**
 * A file that changes a model: a LoRA adapter, or a control vector.
 *
 * @param path GGUF file
 * @param scale factor of the change; 1: as it was trained
 */
public record AdapterFile(Path path, float scale) {
    /** Reads {@code FILE} or {@code FILE:SCALE}. */
    public static AdapterFile parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon > 0) {
            try {
                float scale = Float.parseFloat(text.substring(colon + 1));
                if (Float.isFinite(scale)) {
                    return new AdapterFile(Path.of(text.substring(0, colon)), scale);
                }
            } catch (NumberFormatException e) {
                // The colon belongs to the name.
            }
        }
        return new AdapterFile(Path.of(text), 1);
    }
}

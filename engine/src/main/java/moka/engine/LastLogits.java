package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The logits after the last token of a session, {@code [vocabularySize]} float32: there until tokens come or go. */
final class LastLogits implements AutoCloseable {
    private final Model model;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment values;
    private boolean valid;

    LastLogits(Model model) {
        this.model = model;
        this.values = arena.allocate(4L * model.vocabularySize(), 64);
    }

    /** @throws IllegalStateException if there are none */
    MemorySegment values() {
        if (!valid) {
            throw new IllegalStateException("no logits: append tokens first");
        }
        return values;
    }

    void invalidate() {
        valid = false;
    }

    /** Copies a row of a pass's logits. */
    void take(ForwardPass pass, int row) {
        pass.readLogits(row, values);
        checkFinite(model, values);
        valid = true;
    }

    /** Copies one of several that lie one after another. */
    void take(MemorySegment rows, int row) {
        MemorySegment.copy(rows, values.byteSize() * row, values, 0, values.byteSize());
        checkFinite(model, values);
        valid = true;
    }

    /**
     * NaN anywhere in the weights reaches every logit: the answer would be nonsense. Keys and values beyond 65504, the
     * largest float16, end the same way in a cache of that type.
     */
    static void checkFinite(Model model, MemorySegment logits) {
        float first = logits.get(ValueLayout.JAVA_FLOAT, 0);
        float last = logits.get(ValueLayout.JAVA_FLOAT, logits.byteSize() - 4);
        if (Float.isNaN(first) || Float.isNaN(last)) {
            model.checkUnchanged(); // the better reason, if it was written over meanwhile
            throw new EngineException(model.name()
                    + ": the logits are NaN: the file's weights hold NaN or infinite values (it is damaged), or values too"
                    + " large for a cache of float16 (then types f32 or bf16 of cached keys and values help)");
        }
    }

    @Override
    public void close() {
        valid = false;
        arena.close();
    }
}

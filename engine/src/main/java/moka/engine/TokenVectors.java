package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.cache.KvCache;
import moka.engine.kernel.AttentionPlan.Span;
import moka.engine.kernel.KvStore.ElementType;

/** What an embedding model gives: the hidden states of a text, all tokens at once. */
final class TokenVectors {
    /** Least rows of a pass. Their numbers are powers of two: there are few sizes of passes, each of which keeps its memory. */
    private static final int LEAST_ROWS = 64;

    private TokenVectors() {}

    /** {@link Model#embed}. */
    static float[][] of(Model model, int[] tokens) {
        check(model, tokens);
        int rows = Math.min(model.contextLength(), Math.max(LEAST_ROWS, Integer.highestOneBit(Math.max(1, tokens.length - 1)) * 2));
        model.computing().lock();
        try (KvCache none = new KvCache(model.cacheShape(), ElementType.F32, ElementType.F32, rows);
                Arena scratch = Arena.ofConfined()) {
            model.requireOpen();
            ForwardPass pass = model.forwardPass(rows, rows);
            pass.run(tokens, 0, tokens.length, () -> false, new Span(none, 0, tokens.length, 0));
            MemorySegment states = scratch.allocate(4L * Math.max(1, tokens.length) * pass.width(), 64);
            pass.readHidden(0, tokens.length, states);
            float[][] result = new float[tokens.length][pass.width()];
            for (int i = 0; i < result.length; i++) {
                MemorySegment.copy(states, ValueLayout.JAVA_FLOAT, 4L * i * pass.width(), result[i], 0, pass.width());
            }
            return result;
        } finally {
            model.computing().unlock();
        }
    }

    private static void check(Model model, int[] tokens) {
        if (!model.embeds()) {
            throw new EngineException(model.name() + ": '" + model.architecture() + "' is no embedding model");
        }
        if (tokens.length > model.contextLength()) {
            throw new EngineException(
                    model.name() + ": a text of " + tokens.length + " tokens, expected up to " + model.contextLength());
        }
        for (int token : tokens) {
            if (token < 0 || token >= model.vocabularySize()) {
                throw new EngineException("token id " + token + ", expected 0 to " + (model.vocabularySize() - 1));
            }
        }
    }
}

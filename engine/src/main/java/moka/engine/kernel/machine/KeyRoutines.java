package moka.engine.kernel.machine;

import java.util.List;
import java.util.function.Supplier;
import moka.engine.kernel.KvStore.ElementType;
import moka.engine.kernel.machine.Codes.Plane;
import moka.engine.kernel.machine.Codes.Spot;
import moka.gguf.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * The routines for keys of one type of element. Plain keys are multiplied with float32 queries. Quantized ones lie as the panels of weights do, and
 * are multiplied as those are: with queries rounded to 8 bits ({@link ActivationRow}).
 */
final class KeyRoutines {
    private final ElementType type;
    private final @Nullable PanelFormat format;
    private final int mostPanels;
    private final int mostQueries;
    private final LazyRoutine[][] scores = new LazyRoutine[3][RowAddresses.MOST + 1];
    private final @Nullable LazyRoutine store;

    KeyRoutines(ElementType type, KernelCode kernelCode, CodeStore code) {
        this.type = type;
        format = panelFormat(type);
        mostPanels = format == null ? kernelCode.panels() : 1;
        mostQueries = format == null ? RowAddresses.MOST : kernelCode.streamTokens(format);
        for (int queries = 1; queries <= mostQueries; queries++) {
            for (int panels = 1; panels <= mostPanels; panels++) {
                scores[panels][queries] = code.later(writer(type, kernelCode, panels, queries));
            }
        }
        store = storesInCode(type) ? code.later(() -> kernelCode.storeKey(type)) : null;
    }

    private static Supplier<byte[]> writer(ElementType type, KernelCode kernelCode, int panels, int queries) {
        PanelFormat format = panelFormat(type);
        return format == null ? () -> kernelCode.scores(type, panels, queries) : () -> kernelCode.stream(format, queries);
    }

    /** Whether there are routines for storing elements of this type; the others are rare enough for Java. */
    static boolean storesInCode(ElementType type) {
        return type == ElementType.F32 || type == ElementType.F16;
    }

    private static @Nullable PanelFormat panelFormat(ElementType type) {
        return switch (type) {
            case F32, F16, BF16 -> null;
            // As weights, but stored 128 too high.
            case Q8_0 -> {
                PanelFormat weights = PanelFormats.of(TensorType.Q8_0).orElseThrow();
                var codes = new Codes(List.of(new Plane(8, 0, (unit, quarter) -> new Spot(quarter, 0))), null, 0);
                yield new PanelFormat(
                        weights.blockElements(), weights.blockBytes(), 0, 2, 2, 8, codes, weights.offsetShift(), weights.scales());
            }
            case Q4_0 -> PanelFormats.of(TensorType.Q4_0).orElseThrow();
        };
    }

    ElementType type() {
        return type;
    }

    /** Whether queries are wanted as {@link ActivationRow}s. */
    boolean takesRoundedQueries() {
        return format != null;
    }

    /** Panels that are multiplied at once, at most. */
    int mostPanels() {
        return mostPanels;
    }

    /** Queries that are multiplied at once, at most. */
    int mostQueries() {
        return mostQueries;
    }

    /** Products with {@code queries} queries, of so many panels at once: {@link AttentionProducts#scores} or, for rounded queries, {@link StreamKernel}. */
    LazyRoutine scores(int panels, int queries) {
        return scores[panels][queries];
    }

    /** {@link AttentionInputCode#storeKey}, or null: stored by Java. */
    @Nullable LazyRoutine store() {
        return store;
    }
}

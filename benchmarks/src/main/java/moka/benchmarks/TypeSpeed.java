package moka.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import moka.engine.kernel.Activations;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Offer;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.KernelProvider.Request;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.Projection.Product;
import moka.engine.kernel.WeightMatrix;
import moka.engine.kernel.machine.MachineKernelProvider;
import moka.engine.kernel.vector.VectorKernelProvider;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;
import moka.testmodels.RandomBlocks;

/**
 * {@code TypeSpeed TYPES THREADS}: tokens a second that the matrix products of the synthetic 1B model (16 layers of 2048 x 8192, vocabulary of 128256) allow with every
 * matrix of one type, for both sets of kernels: a prompt of 128 tokens, and one token after another. Products of one layer are timed on copies that
 * no cache holds, and those of the head: {@code 1 / (16 layers + head)}. Attention and the rest are not in it; in a whole model they take
 * 3 to 10 % at short contexts. Each time is the best of what a quarter of a second has room for; with one thread it is CPU time, so that others on the machine count less.
 */
public final class TypeSpeed {
    private static final int WIDTH = 2048;
    private static final int KEYS = 512;
    private static final int FEED_FORWARD = 8192;
    private static final int VOCABULARY = 128256;
    private static final int LAYERS = 16;
    private static final int PROMPT = 128;

    /** Bytes of copies of a layer together: more than caches hold. */
    private static final long COPIES_BYTES = 150_000_000;

    private static final long NANOS = 250_000_000;
    private static final int PIECE = 1 << 20;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Kernels kernels;
    private final TensorType type;
    private final Arena arena;
    private final byte[] piece;

    private TypeSpeed(Kernels kernels, TensorType type, Arena arena) {
        this.kernels = kernels;
        this.type = type;
        this.arena = arena;
        piece = RandomBlocks.make(type, 1 / Math.sqrt(WIDTH), PIECE, new SplittableRandom(1));
    }

    public static void main(String[] arguments) {
        for (String name : arguments[0].split(",")) {
            TensorType type = TensorType.valueOf(name);
            var line = new StringBuilder(String.format("| %s |", name));
            for (KernelProvider provider : List.of(new VectorKernelProvider(), new MachineKernelProvider())) {
                try (var team = new WorkerTeam(Integer.parseInt(arguments[1]));
                        Arena arena = Arena.ofShared()) {
                    if (provider.offer(new Request(team, Precision.FAST, true, 0)) instanceof Offer.Accepted(Kernels kernels)) {
                        try (kernels) {
                            line.append(new TypeSpeed(kernels, type, arena).cells());
                        }
                    } else {
                        line.append(" – | – |");
                    }
                }
            }
            System.out.println(line);
        }
    }

    /** Two cells: prefill and decode. */
    private String cells() {
        long layerBytes = type.rowBytes(WIDTH) * (2 * WIDTH + 2 * KEYS + 2 * FEED_FORWARD) + type.rowBytes(FEED_FORWARD) * WIDTH;
        var layers = new ArrayList<List<Projection>>();
        for (long bytes = 0; bytes < COPIES_BYTES; bytes += layerBytes) {
            layers.add(layer());
        }
        List<List<Projection>> head = List.of(List.of(projection(WIDTH, 1, VOCABULARY)));
        double prefill = LAYERS * seconds(layers, PROMPT) + seconds(head, 1);
        double decode = LAYERS * seconds(layers, 1) + seconds(head, 1);
        return String.format(Locale.ROOT, " %.0f | %.1f |", PROMPT / prefill, 1 / decode);
    }

    private List<Projection> layer() {
        return List.of(
                projection(WIDTH, PROMPT, WIDTH, KEYS, KEYS),
                projection(WIDTH, PROMPT, WIDTH),
                projection(WIDTH, PROMPT, FEED_FORWARD, FEED_FORWARD),
                projection(FEED_FORWARD, PROMPT, WIDTH));
    }

    private Projection projection(int columns, int tokens, int... rows) {
        Activations input = Activations.allocate(arena, tokens, columns);
        var random = new SplittableRandom(2);
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < columns; i++) {
                input.set(t, i, (float) random.nextGaussian());
            }
        }
        var products = new ArrayList<Product>();
        for (int count : rows) {
            MemorySegment data = arena.allocate(count * type.rowBytes(columns), 64);
            for (long at = 0; at < data.byteSize(); at += piece.length) {
                long bytes = Math.min(piece.length, data.byteSize() - at);
                MemorySegment.copy(MemorySegment.ofArray(piece), 0, data, at, bytes);
            }
            var weights = new WeightMatrix("random", type, count, columns, data);
            products.add(new Product(kernels.prepare(weights), Activations.allocate(arena, tokens, count)));
        }
        return new Projection(new Input.Plain(input), products, false);
    }

    /** Of one of the groups, at best. The first round over all of them, which packs and warms up, does not count. */
    private double seconds(List<List<Projection>> groups, int tokens) {
        double best = Double.MAX_VALUE;
        long end = Long.MAX_VALUE;
        for (int round = 0; now() < end || round < 4; round++) {
            for (List<Projection> group : groups) {
                long start = now();
                for (Projection projection : group) {
                    kernels.project(projection, tokens);
                }
                if (round > 0) {
                    best = Math.min(best, (now() - start) / 1e9);
                }
            }
            if (round == 0) {
                end = now() + NANOS;
            }
        }
        return best;
    }

    private long now() {
        return kernels.workers() == 1 ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}

package moka.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import moka.engine.sampling.Sampler;
import moka.engine.sampling.SamplerStep;
import moka.engine.sampling.SamplingOptions;
import moka.engine.sampling.SamplingOptions.Dry;
import moka.engine.sampling.SamplingOptions.Mirostat;
import moka.engine.sampling.SamplingOptions.Penalties;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Choosing and accepting one token. The logits are like those of language models: a bell of deviation 3, and a few far above. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class SamplerBenchmark {
    private static final int VARIANTS = 8; // of logits, taken in turn

    @Param({"128256", "262144"})
    private int vocabularySize;

    @Param({"greedy", "default", "penalties and dry", "no top-k", "min-p only", "temperature only", "typical", "top-n-sigma", "xtc", "mirostat 1", "mirostat 2"})
    private String options;

    private Arena arena;
    private MemorySegment[] logits;
    private Sampler sampler;
    private int turn;

    @Setup
    public void setUp() {
        arena = Arena.ofConfined();
        SplittableRandom random = new SplittableRandom(1);
        logits = new MemorySegment[VARIANTS];
        for (int variant = 0; variant < VARIANTS; variant++) {
            logits[variant] = arena.allocate(4L * vocabularySize, 64);
            for (int id = 0; id < vocabularySize; id++) {
                float logit = (float) (3 * random.nextGaussian() - 2);
                logits[variant].setAtIndex(ValueLayout.JAVA_FLOAT, id, random.nextInt(10_000) == 0 ? logit + 15 : logit);
            }
        }
        sampler = new Sampler(of(options).withSeed(1), vocabularySize);
    }

    private static SamplingOptions of(String name) {
        SamplingOptions base = SamplingOptions.DEFAULT;
        SamplingOptions open = base.withTopK(0).withTopP(1).withMinP(0);
        return switch (name) {
            case "greedy" -> SamplingOptions.GREEDY;
            case "default" -> base;
            case "penalties and dry" ->
                base.withPenalties(new Penalties(64, 1.1f, 0.1f, 0.1f)).withDry(new Dry(0.8f, 1.75f, 2, 1024, List.of()));
            case "no top-k" -> base.withTopK(0);
            case "min-p only" -> open.withMinP(0.05f);
            case "temperature only" -> open.withOrder(List.of(SamplerStep.TEMPERATURE));
            case "typical" -> open.withTypicalP(0.9f);
            case "top-n-sigma" -> open.withTopNSigma(1);
            case "xtc" -> open.withXtc(new SamplingOptions.Xtc(1, 0.1f));
            case "mirostat 1" -> base.withMirostat(new Mirostat(1, 5, 0.1f));
            case "mirostat 2" -> base.withMirostat(new Mirostat(2, 5, 0.1f));
            default -> throw new IllegalArgumentException(name);
        };
    }

    @TearDown
    public void tearDown() {
        arena.close();
    }

    @Benchmark
    public int sample() {
        turn = (turn + 1) % VARIANTS;
        int token = sampler.sample(logits[turn]);
        sampler.accept(token);
        return token;
    }
}

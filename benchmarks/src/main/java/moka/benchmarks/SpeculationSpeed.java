package moka.benchmarks;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.Speculation;
import moka.engine.sampling.SamplingOptions;

/**
 * Greedy decoding with and without guesses of the same text: tokens per second, passes and acceptance, and whether the answers are the same.
 *
 * <p>{@code SpeculationSpeed MODEL.gguf TOKENS PROMPT [DRAFT.gguf]}
 */
public final class SpeculationSpeed {
    private SpeculationSpeed() {}

    public static void main(String[] arguments) {
        GenerationOptions plain = GenerationOptions.DEFAULT
                .withSampling(SamplingOptions.GREEDY)
                .withIgnoreEndOfGeneration(true)
                .withMaxTokens(Integer.parseInt(arguments[1]));
        try (Model model = Model.open(Path.of(arguments[0]))) {
            System.out.printf(Locale.ROOT, "%s, %d threads, %s%n", model.name(), model.threads(), model.kernels());
            GenerationResult warm = run(model, plain.withMaxTokens(8), arguments[2]);
            GenerationResult expected = run(model, plain, arguments[2]);
            print("plain", expected, Optional.empty());
            for (int guesses : new int[] {2, 4, 8, 15}) {
                GenerationOptions lookup = plain.withSpeculation(new Speculation.PromptLookup(guesses, 4));
                print("lookup, up to " + guesses, run(model, lookup, arguments[2]), Optional.of(expected));
            }
            if (arguments.length > 3) {
                try (Model small = Model.open(Path.of(arguments[3]));
                        Session session = small.newSession()) {
                    GenerationOptions draft = plain.withSpeculation(new Speculation.DraftModel(session, 4));
                    print("draft model, up to 4", run(model, draft, arguments[2]), Optional.of(expected));
                }
            }
            System.out.println("first tokens: " + warm.tokens());
        }
    }

    private static GenerationResult run(Model model, GenerationOptions options, String prompt) {
        try (Session session = model.newSession()) {
            return session.complete(prompt, true, false, options, GenerationListener.SILENT);
        }
    }

    private static void print(String name, GenerationResult result, Optional<GenerationResult> expected) {
        var counts = result.speculation();
        System.out.printf(Locale.ROOT, "%-22s %7.2f tokens/s, %4d tokens, %4d passes, %4d guessed, %4d accepted (%3.0f %%)%s%n",
                name, result.timings().decodeTokensPerSecond(), result.tokens().size(), counts.passes(), counts.guessed(),
                counts.accepted(), 100 * counts.acceptance(),
                expected.map(it -> it.tokens().equals(result.tokens()) ? ", same answer" : ", OTHER ANSWER").orElse(""));
    }
}

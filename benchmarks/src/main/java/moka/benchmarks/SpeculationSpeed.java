package moka.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.Speculation;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;

/**
 * Greedy decoding with and without guesses of the same text: tokens per second (the median of rounds in which all ways take turns), passes and
 * acceptance, and whether the answers are the same. The prompt is a message where the model has a chat template, else the beginning of a text.
 *
 * <p>{@code SpeculationSpeed MODEL.gguf TOKENS PROMPT [DRAFT.gguf]}
 */
public final class SpeculationSpeed {
    private static final int ROUNDS = Integer.getInteger("rounds", 5);

    private final Model model;
    private final String prompt;
    private final Map<String, GenerationOptions> ways = new LinkedHashMap<>();
    private final Map<String, List<GenerationResult>> results = new LinkedHashMap<>();

    private SpeculationSpeed(Model model, String prompt) {
        this.model = model;
        this.prompt = prompt;
    }

    public static void main(String[] arguments) {
        GenerationOptions plain = GenerationOptions.DEFAULT
                .withSampling(SamplingOptions.GREEDY)
                .withIgnoreEndOfGeneration(true)
                .withMaxTokens(Integer.parseInt(arguments[1]));
        try (Model model = Model.open(Path.of(arguments[0]))) {
            System.out.printf(Locale.ROOT, "%s, %d threads, %s%n", model.name(), model.threads(), model.kernels());
            SpeculationSpeed speed = new SpeculationSpeed(model, arguments[2]);
            speed.ways.put("plain", plain);
            for (int guesses : new int[] {2, 4, 8, 15}) {
                speed.ways.put("lookup, up to " + guesses, plain.withSpeculation(new Speculation.PromptLookup(guesses, 4)));
            }
            if (arguments.length == 3) {
                speed.run();
                return;
            }
            try (Model small = Model.open(Path.of(arguments[3]));
                    Session session = small.newSession()) {
                for (int guesses : new int[] {2, 4, 8}) {
                    speed.ways.put("draft model, up to " + guesses, plain.withSpeculation(new Speculation.DraftModel(session, guesses)));
                }
                speed.run();
            }
        }
    }

    private void run() {
        for (int round = 0; round <= ROUNDS; round++) {
            boolean warmUp = round == 0;
            ways.forEach((name, options) -> {
                GenerationResult result = answer(options);
                if (!warmUp) {
                    results.computeIfAbsent(name, _ -> new ArrayList<>()).add(result);
                }
            });
        }
        results.forEach(this::print);
        System.out.println("the answer: " + results.get("plain").getFirst().text().replace("\n", "\\n"));
    }

    private GenerationResult answer(GenerationOptions options) {
        try (Session session = model.newSession()) {
            return model.chatTemplate().isPresent()
                    ? session.generate(List.of(Message.user(prompt)), options, GenerationListener.SILENT)
                    : session.complete(prompt, true, false, options, GenerationListener.SILENT);
        }
    }

    private void print(String name, List<GenerationResult> all) {
        double[] rates = all.stream().mapToDouble(it -> it.timings().decodeTokensPerSecond()).sorted().toArray();
        GenerationResult result = all.getFirst();
        var counts = result.speculation();
        List<Integer> expected = results.get("plain").getFirst().tokens();
        System.out.printf(Locale.ROOT, "%-24s %8.1f tokens/s (%.1f to %.1f), %4d tokens, %4d passes, %4d guessed, %4d accepted (%3.0f %%)%s%n",
                name, rates[rates.length / 2], rates[0], rates[rates.length - 1], result.tokens().size(), counts.passes(), counts.guessed(),
                counts.accepted(), 100 * counts.acceptance(), all.stream().allMatch(it -> it.tokens().equals(expected)) ? "" : ", OTHER ANSWER");
    }
}

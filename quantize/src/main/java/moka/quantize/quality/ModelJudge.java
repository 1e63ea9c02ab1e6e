package moka.quantize.quality;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.gguf.FileType;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;
import moka.quantize.QuantizeException;
import moka.template.Message;

/** Measures model files on the same text, one after another. For one thread. */
public final class ModelJudge {
    private static final int DECODED_TOKENS = 24;
    private static final int ANSWER_TOKENS = 48;

    private final ModelOptions options;
    private final Path baseFile;
    private final List<Question> questions;

    /** Told of progress. */
    @FunctionalInterface
    public interface Listener {
        void onStep(String what, int done, int total);
    }

    /** @param baseFile log-probabilities of the base model, see {@link BaseLogits} @param questions may be empty */
    public ModelJudge(ModelOptions options, Path baseFile, List<Question> questions) {
        this.options = options;
        this.baseFile = baseFile;
        this.questions = List.copyOf(questions);
    }

    /** Writes the base file of a model. */
    public static void writeBase(
            Path model, ModelOptions options, String text, int window, int atMost, Path target, Listener listener) {
        try (Model opened = Model.open(model, options)) {
            TextWindows windows = TextWindows.of(opened, text, window, atMost, false);
            try (BaseLogits.Writer writer = new BaseLogits.Writer(target, windows, opened.vocabularySize());
                    Session session = opened.newSession(windows.sessionOptions())) {
                for (int i = 0; i < windows.count(); i++) {
                    windows.score(session, i, writer);
                    listener.onStep("base", i + 1, windows.count());
                }
                writer.commit();
            }
        }
    }

    /** Measures a file. @throws QuantizeException if its vocabulary is not that of the base */
    public ModelQuality measure(Path file, Listener listener) {
        try (Model model = Model.open(file, options);
                BaseLogits.Reader base = new BaseLogits.Reader(baseFile)) {
            if (base.vocabulary() != model.vocabularySize()) {
                throw new QuantizeException(model.name() + ": a vocabulary of " + model.vocabularySize() + " tokens, the base has "
                        + base.vocabulary() + ": only models with the same vocabulary can be compared");
            }
            Divergence.Summary divergence = Divergence.of(model, base, (done, total) -> listener.onStep(model.name(), done, total)).summary();
            Optional<ModelQuality.Answered> answered =
                    questions.isEmpty() ? Optional.empty() : Optional.of(answer(model, listener));
            double[] rates = rates(model, base.windows());
            return new ModelQuality(
                    model.name(),
                    type(model.file()),
                    model.file().sizeBytes(),
                    bitsPerWeight(model.file()),
                    divergence,
                    answered,
                    rates[0],
                    rates[1],
                    model.memoryEstimate(base.windows().sessionOptions()).totalBytes());
        }
    }

    private ModelQuality.Answered answer(Model model, Listener listener) {
        GenerationOptions greedy =
                GenerationOptions.DEFAULT.withMaxTokens(ANSWER_TOKENS).withTemperature(0);
        int right = 0;
        try (Session session = model.newSession()) {
            for (int i = 0; i < questions.size(); i++) {
                session.clear();
                String reply = session.generate(
                                List.of(Message.user(questions.get(i).prompt())), greedy, ignored -> {})
                        .text();
                right += questions.get(i).isAnsweredBy(reply) ? 1 : 0;
                listener.onStep(model.name() + ", questions", i + 1, questions.size());
            }
        }
        return new ModelQuality.Answered(right, questions.size());
    }

    /** Tokens a second of a window as a whole, and of single tokens after it; the second of two runs counts. */
    private static double[] rates(Model model, TextWindows windows) {
        int[] ids = Arrays.copyOf(windows.tokens(), windows.length());
        double prefill = 0;
        double decode = 0;
        try (Session session = model.newSession(windows.sessionOptions().withContextLength(windows.length() + DECODED_TOKENS))) {
            for (int run = 0; run < 2; run++) {
                session.clear();
                long start = System.nanoTime();
                session.append(ids);
                long middle = System.nanoTime();
                for (int i = 0; i < DECODED_TOKENS; i++) {
                    session.append(new int[] {ids[i]});
                }
                prefill = ids.length * 1e9 / (middle - start);
                decode = DECODED_TOKENS * 1e9 / (System.nanoTime() - middle);
            }
        }
        return new double[] {prefill, decode};
    }

    private static String type(GgufFile file) {
        Optional<FileType> named = file.metadata().integer(FileType.KEY).stream()
                .mapToObj(FileType::byId)
                .findFirst()
                .flatMap(it -> it);
        return named.map(Enum::name).orElseGet(() -> mostFrequent(file).name());
    }

    private static TensorType mostFrequent(GgufFile file) {
        Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
        file.tensors().forEach(it -> elements.merge(it.type(), it.elements(), Long::sum));
        return elements.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(TensorType.F32);
    }

    private static double bitsPerWeight(GgufFile file) {
        long bytes = file.tensors().stream().mapToLong(it -> it.data().byteSize()).sum();
        long elements = file.tensors().stream().mapToLong(GgufTensor::elements).sum();
        return 8.0 * bytes / elements;
    }
}

package moka.cli;

import java.util.Locale;
import java.util.Optional;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.engine.Speculation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How tokens are guessed ahead: llama.cpp's names where it has them. Guesses never change the answer. */
final class SpeculationFlags {
    private static final String LOOKUP = "ngram-simple";
    private static final String DRAFT = "draft-simple";
    private static final String NONE = "none";

    @Option(names = "--lookup", hidden = true, description = "Guess ahead from what the text said before: faster where answers repeat the prompt.")
    boolean lookup;

    @Option(names = {"-md", "--model-draft", "--spec-draft-model"}, paramLabel = "FILE", hidden = true, description = "Guess ahead with a small model of the same vocabulary.")
    @Nullable String draftModel;

    @Option(names = "--spec-type", paramLabel = "TYPE", hidden = true, description = "The same: ngram-simple is --lookup, draft-simple needs -md; or none.")
    @Nullable String type;

    @Option(names = {"--draft-max", "--draft", "--draft-n", "--spec-draft-n-max"}, paramLabel = "N", hidden = true, description = "Most tokens guessed at once, 1 to 15 (default: 8).")
    int most = Speculation.PromptLookup.DEFAULT.maxGuesses();

    @Option(names = {"--draft-min", "--draft-n-min", "--spec-draft-n-min"}, paramLabel = "N", hidden = true, description = "Fewer guesses than this are not tried (default: 0).")
    int least;

    @Option(names = {"--draft-p-min", "--spec-draft-p-min"}, paramLabel = "P", hidden = true, description = "The small model guesses no further where its token is less likely (default: 0).")
    float leastProbability;

    @Option(names = {"--lookup-ngram", "--spec-ngram-simple-size-n"}, paramLabel = "N", hidden = true, description = "Most tokens that must be the same for --lookup (default: 4).")
    int longestMatch = Speculation.PromptLookup.DEFAULT.longestMatch();

    @Option(names = {"-td", "--threads-draft", "--spec-draft-threads"}, paramLabel = "N", hidden = true, description = "Threads of the small model (default: as --threads).")
    int threads;

    @Option(names = {"-ctkd", "--cache-type-k-draft", "--spec-draft-type-k"}, paramLabel = "TYPE", hidden = true, description = "Element type of the small model's cached keys (default: f16).")
    String cacheTypeKeys = SessionOptions.DEFAULT.keyCacheType();

    @Option(names = {"-ctvd", "--cache-type-v-draft", "--spec-draft-type-v"}, paramLabel = "TYPE", hidden = true, description = "Element type of its cached values (default: f16).")
    String cacheTypeValues = SessionOptions.DEFAULT.valueCacheType();

    /** Whether anything is to be guessed. */
    boolean wanted() {
        return kind() != Kind.NONE;
    }

    private enum Kind {
        NONE,
        LOOKUP,
        DRAFT
    }

    private Kind kind() {
        if (type == null) {
            if (lookup && draftModel != null) {
                throw CommandFailure.usage("--lookup and --model-draft exclude each other");
            }
            return draftModel != null ? Kind.DRAFT : lookup ? Kind.LOOKUP : Kind.NONE;
        }
        return switch (type.toLowerCase(Locale.ROOT)) {
            case NONE -> Kind.NONE;
            case LOOKUP -> Kind.LOOKUP;
            case DRAFT -> {
                if (draftModel == null) {
                    throw CommandFailure.usage("--spec-type " + DRAFT + " needs --model-draft FILE");
                }
                yield Kind.DRAFT;
            }
            default -> throw CommandFailure.usage("--spec-type '" + type + "', expected " + NONE + ", " + LOOKUP + " or " + DRAFT);
        };
    }

    /** Opens what guessing needs: the small model, if there is one. @param session options of the session that it guesses for */
    Drafter open(EngineOptions engine, SessionOptions session, Streams streams, boolean verbose) {
        try {
            return switch (kind()) {
                case NONE -> new Drafter(Optional.empty(), Optional.empty());
                case LOOKUP -> new Drafter(Optional.of(new Speculation.PromptLookup(most, least, longestMatch)), Optional.empty());
                case DRAFT -> draft(engine, session, streams, verbose);
            };
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("guessing ahead: " + e.getMessage());
        }
    }

    private Drafter draft(EngineOptions engine, SessionOptions session, Streams streams, boolean verbose) {
        ModelOptions options = engine.kernels.modelOptions(threads > 0 ? threads : engine.threads);
        Model model = engine.open(ModelSource.of(draftModel), options, streams, verbose);
        try {
            Session drafting = model.newSession(session.withKeyCacheType(cacheTypeKeys).withValueCacheType(cacheTypeValues));
            return new Drafter(Optional.of(new Speculation.DraftModel(drafting, most, least, leastProbability)), Optional.of(model));
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** How to guess, and the small model that does. */
    record Drafter(Optional<Speculation> speculation, Optional<Model> model) implements AutoCloseable {
        GenerationOptions over(GenerationOptions options) {
            return speculation.map(options::withSpeculation).orElse(options);
        }

        @Override
        public void close() {
            if (speculation.orElse(null) instanceof Speculation.DraftModel draft) {
                draft.session().close();
            }
            model.ifPresent(Model::close);
        }
    }
}

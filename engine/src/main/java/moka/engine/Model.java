package moka.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import moka.engine.architecture.Adapters;
import moka.engine.architecture.Architecture;
import moka.engine.architecture.Architectures;
import moka.engine.architecture.Hyperparameters;
import moka.engine.architecture.Weights;
import moka.engine.cache.CacheShape;
import moka.engine.flight.EngineEvent;
import moka.engine.flight.Flight;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.KernelProvider.Precision;
import moka.engine.kernel.Kernels;
import moka.engine.kernel.ObservedKernels;
import moka.engine.kernel.TimedKernels;
import moka.engine.runtime.Processors;
import moka.engine.runtime.WorkerTeam;
import moka.engine.sampling.SamplingOptions;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.TensorType;
import moka.template.ChatTemplate;
import moka.template.ChatTemplates;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * An open model: weights, tokenizer and template. Immutable, shared by threads; sessions of several threads take turns in computing, batch by
 * batch.
 * Closing it twice is harmless; closing it with open sessions is an {@link IllegalStateException} that names them.
 */
public final class Model implements AutoCloseable {
    private final GgufFile file;
    private final ModelOptions options;
    private final String architectureName;
    private final Architecture architecture;
    private final Hyperparameters hyperparameters;
    private final CacheShape cacheShape;
    private final ChatTemplates chatTemplates;
    private final Tokenizer tokenizer;
    private final MemoryNeeds memory;
    private final Constraints constraints;
    private final Optional<String> shortOfMemory;
    private final Closings closings = new Closings();
    private final ModelFile guarded;
    private final WorkerTeam team;
    private final KernelProvider.Choice choice;
    private final ForwardPasses passes;
    private final ReentrantLock computing = new ReentrantLock(true);
    private final OpenSessions sessions;

    /** Opens a file. @throws moka.gguf.GgufException if it is malformed @throws EngineException if it cannot be run */
    public static Model open(Path path) {
        return open(path, ModelOptions.DEFAULT);
    }

    public static Model open(Path path, ModelOptions options) {
        KernelLadder.prepare();
        return open(GgufFile.open(path), options);
    }

    /**
     * Opens a model that lies in memory, such as the one embedded in the program.
     *
     * @param bytes a GGUF file: used in place if it lies off-heap (and must then stay until the model is closed), else copied
     */
    public static Model open(String name, MemorySegment bytes, ModelOptions options) {
        KernelLadder.prepare();
        return open(GgufFile.of(name, bytes.isNative() ? bytes : offHeap(bytes)), options);
    }

    /** Kernels work with addresses. */
    private static MemorySegment offHeap(MemorySegment bytes) {
        return Arena.ofAuto().allocate(bytes.byteSize(), 64).copyFrom(bytes);
    }

    /**
     * Opens a model whose products are shown to an observer before they are computed, for calibration.
     *
     * @param observer called on the thread that runs a session
     */
    public static Model openObserved(Path path, ModelOptions options, ObservedKernels.Observer observer) {
        return open(GgufFile.open(path), options, observer);
    }

    private static Model open(GgufFile file, ModelOptions options) {
        return open(file, options, null);
    }

    private static Model open(GgufFile file, ModelOptions options, ObservedKernels.@Nullable Observer observer) {
        EngineEvent.Load event = Flight.load();
        try {
            Model model = new Model(ChangedMetadata.of(file, options.metadata()), options, observer);
            if (event != null) {
                event.file = model.name();
                event.architecture = model.architectureName;
                event.kernels = model.kernels();
                event.weightBytes = model.memoryEstimate(SessionOptions.DEFAULT).weightBytes();
                event.commit();
            }
            return model;
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    private Model(GgufFile file, ModelOptions options, ObservedKernels.@Nullable Observer observer) {
        this.file = file;
        this.options = options;
        this.architectureName = file.metadata().requireString("general.architecture");
        this.architecture = Architectures.of(file.name(), architectureName);
        this.hyperparameters = new Hyperparameters(file.metadata(), architectureName);
        ModelFile.checkBlocks(file, architectureName, hyperparameters.blockCount());
        this.cacheShape = architecture.cacheShape(hyperparameters);
        this.chatTemplates = ChatTemplates.of(file.metadata());
        this.tokenizer = Tokenizer.of(file.metadata());
        this.memory = new MemoryNeeds(file, hyperparameters, cacheShape, tokenizer.vocabularySize(), options);
        this.constraints = new Constraints(tokenizer);
        this.shortOfMemory = options.checkMemory() ? memory.checkModel() : Optional.empty();
        this.sessions = new OpenSessions(file.name());
        try {
            this.guarded = new ModelFile(file); // what was read up to here was copied as a whole, which needs no guard
            closings.add(guarded::close);
            Arena arena = Arena.ofShared();
            closings.add(arena::close);
            this.team = new WorkerTeam(options.threads() > 0 ? options.threads() : Processors.defaultThreads());
            closings.add(team::close);
            this.choice = chooseKernels(observer);
            Kernels kernels = choice.kernels();
            closings.add(kernels::close);
            Adapters adapters = new Adapters(
                    file,
                    kernels,
                    options.float32() ? TensorType.F32 : TensorType.F16,
                    hyperparameters.embeddingLength(),
                    options.adapters(),
                    options.controlVectors());
            closings.add(adapters::close);
            Weights weights = new Weights(file, kernels, arena, options.float32());
            this.passes = new ForwardPasses(
                    architecture, hyperparameters, weights, adapters, vocabularySize(), kernels, arena);
            passes.checkTensors(memory.contextLength(SessionOptions.DEFAULT));
        } catch (Throwable e) {
            closings.run();
            throw e;
        }
    }

    /** The best set of the ladder, behind an observer and a clock where they are wanted. */
    private KernelProvider.Choice chooseKernels(ObservedKernels.@Nullable Observer observer) {
        KernelProvider.Choice chosen = KernelLadder.choose(
                new KernelProvider.Request(
                        team,
                        options.float32() ? Precision.FLOAT32 : Precision.FAST,
                        options.repack() && memory.repackedFits(),
                        options.vectorBits()),
                options.kernels());
        Kernels kernels = chosen.kernels();
        kernels = observer == null ? kernels : new ObservedKernels(kernels, observer);
        kernels = options.timed() ? new TimedKernels(kernels) : kernels;
        return new KernelProvider.Choice(kernels, chosen.reasons());
    }

    /** File name, for messages. */
    public String name() {
        return file.name();
    }

    /** The file, closed with the model. */
    public GgufFile file() {
        return file;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The file's chat template, or empty. @throws moka.template.TemplateException if it is malformed */
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplates.main();
    }

    /** All chat templates of the file: the main one and the variants beside it. */
    public ChatTemplates chatTemplates() {
        return chatTemplates;
    }

    /** Sampling options as the file advises ({@code general.sampling.*}), else the built-in ones. */
    public SamplingOptions samplingDefaults() {
        return SamplingOptions.fromMetadata(file.metadata(), SamplingOptions.DEFAULT);
    }

    /** {@code general.architecture}. */
    public String architecture() {
        return architectureName;
    }

    /** Context length that the model was trained for. */
    public int contextLength() {
        return hyperparameters.contextLength();
    }

    /** Tokens of the vocabulary, which is how many logits there are. */
    public int vocabularySize() {
        return tokenizer.vocabularySize();
    }

    /** Threads that compute, the caller's included. */
    public int threads() {
        return team.size();
    }

    /** The kernel set in use, such as {@code machine-avx512vnni}. */
    public String kernels() {
        return choice.kernels().name();
    }

    /** Why better sets were not chosen, and what the one chosen did so far: one sentence each. */
    public List<String> kernelNotes() {
        return Stream.concat(choice.reasons().stream(), choice.kernels().notes().stream()).toList();
    }

    /** Products of 8-bit integers a second that the processor can do at most, measured now; empty where the kernels cannot tell. */
    public OptionalDouble productLimit() {
        return choice.kernels().productLimit();
    }

    /** Where the time went since {@link #forgetOperationTimes}, in the order of a forward pass; empty without {@link ModelOptions#timed}. */
    public List<OperationTime> operationTimes() {
        if (!(choice.kernels() instanceof TimedKernels timed)) {
            return List.of();
        }
        return timed.operations().entrySet().stream()
                .map(it -> new OperationTime(
                        it.getKey(),
                        it.getValue().calls(),
                        it.getValue().nanoseconds(),
                        it.getValue().weightBytes(),
                        it.getValue().products()))
                .toList();
    }

    /** Begins anew with the times of operations. */
    public void forgetOperationTimes() {
        if (choice.kernels() instanceof TimedKernels timed) {
            timed.clear();
        }
    }

    /** What a user should know of this file on this machine: one line each. */
    public List<String> warnings() {
        return Stream.of(tokenizer.warnings().stream(), shortOfMemory.stream(), slowKernels().stream()).flatMap(it -> it).toList();
    }

    /** The plainest kernels where nobody asked for them: mostly a flag of the JVM is missing. */
    private Optional<String> slowKernels() {
        boolean fallback = choice.kernels().name().equals("scalar") && !choice.reasons().isEmpty();
        return fallback ? Optional.of("scalar kernels compute, many times slower than others: " + String.join("; ", choice.reasons())) : Optional.empty();
    }

    /** The kernel used for each type of matrix that the model has. */
    public Map<TensorType, String> kernelByType() {
        Map<TensorType, String> result = new EnumMap<>(TensorType.class);
        for (GgufTensor tensor : file.tensors()) {
            if (tensor.rows() > 1) {
                result.computeIfAbsent(tensor.type(), choice.kernels()::describe);
            }
        }
        return result;
    }

    /** What a session needs together with the weights. */
    public MemoryEstimate memoryEstimate(SessionOptions session) {
        return memory.estimate(session, choice.kernels().extraBytes());
    }

    /** Whether the model gives vectors ({@link #embed}) instead of continuing text. */
    public boolean embeds() {
        return architecture.embeds();
    }

    /**
     * The hidden state of each token of a text, {@code [token][width]}, not pooled.
     *
     * @throws EngineException if this is no embedding model, or a token does not exist
     * @throws IllegalStateException if the model is closed
     */
    public float[][] embed(int[] tokens) {
        return TokenVectors.of(this, tokens);
    }

    /** A session with the usual options. @throws EngineException if its cache does not fit in memory */
    public Session newSession() {
        return newSession(SessionOptions.DEFAULT);
    }

    /** @throws EngineException if its cache does not fit in memory */
    public Session newSession(SessionOptions session) {
        if (architecture.embeds()) {
            throw new EngineException(name() + ": '" + architectureName + "' is an embedding model: it continues no text");
        }
        int context = memory.contextLength(session);
        if (context > architecture.longestContext()) {
            throw new EngineException("%s: a context of %d, but '%s' is computed up to %d only: use a smaller --context"
                    .formatted(name(), context, architectureName, architecture.longestContext()));
        }
        if (options.checkMemory()) {
            memory.checkSession(session);
        }
        return sessions.open(() -> new Session(this, session));
    }

    @Override
    public void close() {
        if (!sessions.close()) {
            return;
        }
        computing.lock(); // an embedding of another thread ends first
        try {
            closings.run();
            file.close();
        } finally {
            computing.unlock();
        }
    }

    void requireOpen() {
        sessions.requireOpen();
    }

    /** {@link ModelFile#checkUnchanged}. */
    void checkUnchanged() {
        guarded.checkUnchanged();
    }

    /** {@link ModelFile#checkRead}. */
    void checkRead() {
        guarded.checkRead();
    }

    void forget(Session session) {
        sessions.forget(session);
    }

    /** Held while a session computes: kernels and team serve one at a time. */
    ReentrantLock computing() {
        return computing;
    }

    /** What answers are held to, in terms of the model's tokens. */
    Constraints constraints() {
        return constraints;
    }

    /** {@link ModelFile#fingerprint}. */
    long fingerprint() {
        return guarded.fingerprint(options);
    }

    CacheShape cacheShape() {
        return cacheShape;
    }

    /** The forward pass for batches of these rows, made at the first use; it lives as long as the model. */
    ForwardPass forwardPass(int maxRows, int contextLength) {
        return passes.of(maxRows, contextLength);
    }

    /** What sessions are made by. */
    MemoryNeeds memory() {
        return memory;
    }
}

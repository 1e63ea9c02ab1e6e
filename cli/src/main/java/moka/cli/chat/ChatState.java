package moka.cli.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import moka.cli.render.Ansi;
import moka.cli.render.WordWrap;
import moka.cli.terminal.Streams;
import moka.engine.EngineException;
import moka.engine.GenerationOptions;
import moka.engine.GenerationResult;
import moka.engine.Model;
import moka.engine.Session;
import moka.engine.SessionOptions;
import moka.engine.SpeculationCounts;

/** Everything that a chat remembers: model, session, conversation, settings, what was spent. Not thread-safe. */
final class ChatState implements AutoCloseable {
    private static final String CACHE_ENDING = ".cache";
    private static final int MOST_CACHES = 3;
    private static final int LEAST_KEPT_TOKENS = 16;
    private static final DateTimeFormatter FILE_NAME = DateTimeFormatter.ofPattern("yyyy-MM-dd_HH-mm-ss");

    final Streams streams;
    final ChatHost host;
    final ChatOptions options;
    final Conversation conversation = new Conversation();
    Model model;
    String modelName;
    Session session;
    SessionOptions sessionOptions;
    GenerationOptions generation;
    boolean verbose;
    boolean showReasoning;
    boolean markdown;
    boolean wordWrap = true;
    boolean saving = true;
    /** Text of files that goes in front of the next message. */
    String attached = "";

    Optional<GenerationResult> lastResult = Optional.empty();
    int answers;
    long prefillTokens;
    long reusedTokens;
    long prefillNanos;
    long decodeTokens;
    long decodeNanos;
    SpeculationCounts speculation = SpeculationCounts.NONE;
    private Path file;
    /** Of the file as this chat read or wrote it last; empty: it has not. */
    private Optional<ConversationFile.Stamp> stamp = Optional.empty();
    /** Whether the file holds all that was said. */
    private boolean kept = true;

    ChatState(Streams streams, ChatHost host, ChatOptions options, String modelName) {
        this.streams = streams;
        this.host = host;
        this.options = options;
        this.modelName = modelName;
        this.model = host.open(modelName);
        this.generation = options.generation().apply(model);
        this.sessionOptions = options.session();
        this.verbose = options.verbose();
        this.showReasoning = options.showReasoning();
        this.markdown = options.markdown();
        this.file = newFile();
        options.system().ifPresent(conversation::system);
        this.session = openSession();
    }

    private Session openSession() {
        try {
            return model.newSession(sessionOptions);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** Another size or form of the context; what was said stays. */
    void reopenSession(SessionOptions changed) {
        Session opened = model.newSession(changed);
        session.close();
        session = opened;
        sessionOptions = changed;
    }

    /** Another model; what was said stays, and what was set for the answers, but for what the file of the model advises. */
    void reopenModel(String name) {
        Model opened = host.open(name);
        Session openedSession;
        try {
            openedSession = opened.newSession(sessionOptions);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        session.close();
        model.close();
        model = opened;
        session = openedSession;
        modelName = name;
        generation = options.generation().apply(model);
    }

    /** How many questions were asked, in words. */
    String turns() {
        int count = conversation.turnCount();
        return count + (count == 1 ? " turn" : " turns");
    }

    /** How answers are shown. */
    AnswerDisplay.Look look() {
        return new AnswerDisplay.Look(showReasoning, markdown, wordWrap);
    }

    void count(GenerationResult result) {
        lastResult = Optional.of(result);
        answers++;
        prefillTokens += result.timings().prefillTokens();
        reusedTokens += result.timings().reusedTokens();
        prefillNanos += result.timings().prefillNanos();
        decodeTokens += result.timings().decodeTokens();
        decodeNanos += result.timings().decodeNanos();
        speculation = new SpeculationCounts(
                speculation.passes() + result.speculation().passes(),
                speculation.guessed() + result.speculation().guessed(),
                speculation.accepted() + result.speculation().accepted());
    }

    /** Keeps the conversation on disk, if anything is to be kept. What another chat has made of the file meanwhile stays: this one goes on in a new file. */
    void keep() {
        if (saving && options.stateFolder().isPresent() && !conversation.isEmpty()) {
            kept = false;
            Optional<ConversationFile.Stamp> present = ConversationFile.Stamp.of(file);
            if (present.isPresent() && !present.equals(stamp)) {
                String other = ConversationFile.name(file);
                file = newFile();
                streams.note("moka: the conversation " + other + " was continued by another chat: this one is kept as " + ConversationFile.name(file));
            }
            stamp = ConversationFile.write(file, lastingName(), conversation.messages());
            kept = true;
        }
    }

    /** The model's name for later, when the program may be started in another folder. */
    String lastingName() {
        return Files.isRegularFile(Path.of(modelName)) ? Path.of(modelName).toAbsolutePath().normalize().toString() : modelName;
    }

    /** Goes on with a conversation: it is kept under its own name if it lies among ours. */
    void resume(Path from) {
        Optional<ConversationFile.Stamp> read = ConversationFile.Stamp.of(from); // before it is read: better one file too many than one lost
        conversation.replace(ConversationFile.read(from).messages());
        restoreCache(from);
        if (conversations().filter(folder -> folder.equals(from.getParent())).isPresent()) {
            file = from;
            stamp = read;
        }
    }

    /** Keeps what was computed too, so that a long conversation comes back at once: of the last few conversations, since it is large. */
    void keepCache() {
        Optional<Path> folder = conversations();
        if (!saving || !kept || folder.isEmpty() || conversation.isEmpty() || session.position() < LEAST_KEPT_TOKENS || !Files.exists(file)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder.get())) {
            List<Path> caches = files.filter(path -> path.toString().endsWith(CACHE_ENDING) && !path.equals(cacheOf(file)))
                    .sorted(Comparator.reverseOrder())
                    .toList();
            for (Path old : caches.subList(Math.min(MOST_CACHES - 1, caches.size()), caches.size())) {
                Files.delete(old);
            }
            session.save(cacheOf(file));
        } catch (IOException | EngineException e) {
            streams.note("moka: the conversation is kept, but not what was computed: " + e.getMessage());
        }
    }

    private static Path cacheOf(Path conversation) {
        return conversation.resolveSibling(conversation.getFileName() + CACHE_ENDING);
    }

    private void restoreCache(Path from) {
        try {
            if (Files.exists(cacheOf(from))) {
                session.restore(cacheOf(from));
            }
        } catch (EngineException e) {
            if (verbose) {
                streams.note("the conversation is computed again: " + e.getMessage()); // another model, or other options
            }
        }
    }

    /** A conversation begins: the one before stays as it is kept. */
    void begin() {
        conversation.clear();
        attached = "";
        file = newFile();
        stamp = Optional.empty();
    }

    /** Where conversations are kept. */
    Optional<Path> conversations() {
        return conversations(options.stateFolder());
    }

    static Optional<Path> conversations(Optional<Path> stateFolder) {
        return stateFolder.map(folder -> folder.resolve("chats"));
    }

    /** A name that no file has. */
    private Path newFile() {
        Path folder = conversations().orElse(Path.of(""));
        String name = LocalDateTime.now().format(FILE_NAME) + "-" + ProcessHandle.current().pid();
        Path free = folder.resolve(name + ".jsonl");
        for (int i = 2; Files.exists(free); i++) {
            free = folder.resolve(name + "-" + i + ".jsonl");
        }
        return free;
    }

    /** A note to the user, in lines of so many columns; where standard output is no terminal it holds answers alone. */
    void note(int columns, String text) {
        if (!streams.outputIsTerminal()) {
            streams.note(text);
            return;
        }
        streams.out().line(WordWrap.wrap(text, columns)).flush();
    }

    /** A note in the background: dimmed. */
    void quietNote(int columns, String text) {
        note(columns, streams.colour() ? Ansi.DIM + text + Ansi.RESET : text);
    }

    @Override
    public void close() {
        session.close();
        model.close();
    }
}

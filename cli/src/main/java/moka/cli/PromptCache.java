package moka.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import moka.cli.terminal.Streams;
import moka.engine.EngineException;
import moka.engine.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What was computed for a prompt, in a file: the next prompt that begins the same computes only what is new. */
final class PromptCache {
    @Option(names = "--prompt-cache", paramLabel = "FILE", hidden = true, description = "Keep what was computed for the prompt in a file, and use it the next time.")
    @Nullable Path file;

    @Option(names = "--prompt-cache-all", hidden = true, description = "Keep what was computed for the answer too.")
    boolean all;

    @Option(names = "--prompt-cache-ro", hidden = true, description = "Use the file and leave it as it is.")
    boolean readOnly;

    void restore(Session session, Streams streams) {
        if (file == null || !Files.exists(file)) {
            return;
        }
        try {
            session.restore(file);
        } catch (EngineException e) {
            streams.note("moka: " + e.getMessage() + ": the prompt is computed again");
        }
    }

    /** @param promptTokens tokens of the prompt: what follows is the answer */
    void save(Session session, int promptTokens) {
        if (file == null || readOnly) {
            return;
        }
        if (!all && session.position() > promptTokens) {
            try {
                session.rewind(promptTokens);
            } catch (EngineException e) {
                // Recurrent states and windows cannot go back: the answer is kept too, which does no harm.
            }
        }
        session.save(file);
    }
}

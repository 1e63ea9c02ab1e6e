package moka.cli.chat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.SessionOptions;

/**
 * How a chat begins.
 *
 * @param generation options of answers, for a model: its file may advise some
 * @param session size and form of the context
 * @param system system prompt
 * @param firstMessage said before the first line is read
 * @param stateFolder where history and conversations are kept; empty to keep nothing
 * @param resume the conversation to go on with: its name, or nothing for the youngest
 * @param verbose whether each answer is followed by what it cost
 * @param showReasoning whether reasoning is shown
 * @param markdown whether Markdown is coloured
 */
public record ChatOptions(
        Function<Model, GenerationOptions> generation,
        SessionOptions session,
        Optional<String> system,
        Optional<String> firstMessage,
        Optional<Path> stateFolder,
        Optional<String> resume,
        boolean verbose,
        boolean showReasoning,
        boolean markdown) {}

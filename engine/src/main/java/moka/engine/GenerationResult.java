package moka.engine;

import java.util.List;
import moka.template.answer.Answer;

/**
 * An answer.
 *
 * @param text all text that was told to the listener
 * @param answer its text, reasoning and tool calls; the text alone where the answer was not parsed
 * @param tokens the ids generated, the end-of-generation token not included
 * @param stopReason why it ended
 * @param timings what it cost
 * @param speculation how guessing ahead went; all zero where nothing was guessed
 * @param seed the seed of the random numbers used
 */
public record GenerationResult(
        String text, Answer answer, List<Integer> tokens, StopReason stopReason, Timings timings,
        SpeculationCounts speculation, long seed) {
    public GenerationResult {
        tokens = List.copyOf(tokens);
    }
}

package moka.engine;

import java.util.List;
import java.util.Map;

/**
 * How to generate.
 *
 * @param maxTokens most tokens to generate; negative: until the context is full
 * @param stopTexts texts that end the answer; they are not part of it
 * @param ignoreEndOfGeneration go on past end-of-generation tokens
 * @param templateVariables extra variables for the chat template, such as {@code enable_thinking}
 * @param cancellation stops it from another thread
 */
public record GenerationOptions(
        int maxTokens,
        List<String> stopTexts,
        boolean ignoreEndOfGeneration,
        Map<String, Object> templateVariables,
        Cancellation cancellation) {
    public static final GenerationOptions DEFAULT =
            new GenerationOptions(-1, List.of(), false, Map.of(), new Cancellation());

    public GenerationOptions {
        stopTexts = List.copyOf(stopTexts);
        templateVariables = Map.copyOf(templateVariables);
    }

    public GenerationOptions withMaxTokens(int maxTokens) {
        return new GenerationOptions(maxTokens, stopTexts, ignoreEndOfGeneration, templateVariables, cancellation);
    }

    public GenerationOptions withStopTexts(List<String> stopTexts) {
        return new GenerationOptions(maxTokens, stopTexts, ignoreEndOfGeneration, templateVariables, cancellation);
    }

    public GenerationOptions withIgnoreEndOfGeneration(boolean ignoreEndOfGeneration) {
        return new GenerationOptions(maxTokens, stopTexts, ignoreEndOfGeneration, templateVariables, cancellation);
    }

    public GenerationOptions withTemplateVariables(Map<String, Object> templateVariables) {
        return new GenerationOptions(maxTokens, stopTexts, ignoreEndOfGeneration, templateVariables, cancellation);
    }

    public GenerationOptions withCancellation(Cancellation cancellation) {
        return new GenerationOptions(maxTokens, stopTexts, ignoreEndOfGeneration, templateVariables, cancellation);
    }
}

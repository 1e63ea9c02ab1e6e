package moka.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.template.ChatTemplate;

/**
 * How to generate.
 *
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens to generate; negative: until the context is full
 * @param stopTexts texts that end the answer; they are not part of it
 * @param ignoreEndOfGeneration go on past end-of-generation tokens
 * @param grammar what the answer must match, from its first token to its end
 * @param chatTemplate a template in place of the file's
 * @param templateVariables extra variables for the chat template, such as {@code enable_thinking}
 * @param contextShift what to do when the context is full: nothing, so that the answer ends ({@link StopReason#CONTEXT_FULL}); or keep this
 *     many of the prompt's first tokens, drop the older half of the rest, and go on
 * @param parseAnswer whether to take reasoning and tool calls out of the text and tell them apart, as the chat template's family writes them
 * @param speculation how tokens are guessed ahead, if at all
 * @param cancellation stops it from another thread; one for each generation that is to be stopped by itself
 */
public record GenerationOptions(
        SamplingOptions sampling,
        int maxTokens,
        List<String> stopTexts,
        boolean ignoreEndOfGeneration,
        Optional<Grammar> grammar,
        Optional<ChatTemplate> chatTemplate,
        Map<String, Object> templateVariables,
        OptionalInt contextShift,
        boolean parseAnswer,
        Optional<Speculation> speculation,
        Cancellation cancellation) {
    /** Built-in sampling, no limits but the context's. */
    public static final GenerationOptions DEFAULT = new GenerationOptions(
            SamplingOptions.DEFAULT, -1, List.of(), false, Optional.empty(), Optional.empty(), Map.of(),
            OptionalInt.empty(), false, Optional.empty(), Cancellation.NONE);

    public GenerationOptions {
        stopTexts = List.copyOf(stopTexts);
        templateVariables = Map.copyOf(templateVariables);
    }

    public GenerationOptions withSampling(SamplingOptions sampling) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withMaxTokens(int maxTokens) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withStopTexts(List<String> stopTexts) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withIgnoreEndOfGeneration(boolean ignoreEndOfGeneration) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withGrammar(Grammar grammar) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, Optional.of(grammar),
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withChatTemplate(ChatTemplate chatTemplate) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                Optional.of(chatTemplate), templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withTemplateVariables(Map<String, Object> templateVariables) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    /** @param keptTokens tokens of the prompt to keep when the context is full */
    public GenerationOptions withContextShift(int keptTokens) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, OptionalInt.of(keptTokens), parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withParsedAnswer(boolean parseAnswer) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withSpeculation(Speculation speculation) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, Optional.of(speculation), cancellation);
    }

    public GenerationOptions withoutGrammar() {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, Optional.empty(),
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    /** With the template of the file. */
    public GenerationOptions withoutChatTemplate() {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                Optional.empty(), templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withoutContextShift() {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, OptionalInt.empty(), parseAnswer, speculation, cancellation);
    }

    public GenerationOptions withoutSpeculation() {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, Optional.empty(), cancellation);
    }

    public GenerationOptions withCancellation(Cancellation cancellation) {
        return new GenerationOptions(
                sampling, maxTokens, stopTexts, ignoreEndOfGeneration, grammar,
                chatTemplate, templateVariables, contextShift, parseAnswer, speculation, cancellation);
    }

    /** The same for sampling alone: temperature 0 is greedy. */
    public GenerationOptions withTemperature(float temperature) {
        return withSampling(sampling.withTemperature(temperature));
    }

    public GenerationOptions withSeed(long seed) {
        return withSampling(sampling.withSeed(seed));
    }
}

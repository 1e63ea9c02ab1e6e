package moka.cli.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import moka.cli.terminal.CommandFailure;
import moka.engine.GenerationOptions;
import moka.engine.Speculation;

/** What {@code /set} changes apart from sampling: answers, context, template, what is shown. */
final class Settings {
    private static final List<String> ON_OFF = List.of("on", "off");
    private static final List<String> CACHE_TYPES = List.of("f16", "f32", "bf16", "q8_0", "q4_0");
    private static final String THINKING = "enable_thinking";

    private Settings() {}

    /**
     * One setting.
     *
     * @param values what it may be, where that can be listed
     * @param change takes the text that the user gave
     * @param value what it is now
     */
    record Setting(
            String description, List<String> values, BiConsumer<ChatState, String> change, Function<ChatState, String> value) {}

    /** By name, in the order in which they are shown. */
    static Map<String, Setting> all() {
        Map<String, Setting> all = new LinkedHashMap<>();
        addAnswers(all);
        addContext(all);
        addTemplate(all);
        addDisplay(all);
        return all;
    }

    private static void addAnswers(Map<String, Setting> all) {
        all.put("max-tokens", new Setting("Most tokens of an answer; -1 for no limit.", List.of(),
                (state, value) -> state.generation = state.generation.withMaxTokens(integer("max-tokens", value, -1)),
                state -> Integer.toString(state.generation.maxTokens())));
        all.put("stop", new Setting("A text that ends answers; none for no text.", List.of(),
                (state, value) -> state.generation = state.generation.withStopTexts(isNone(value) ? List.of() : List.of(escaped(value))),
                state -> SamplingValues.quoted(state.generation.stopTexts())));
        all.put("ignore-eos", onOff("ignore-eos", "Whether answers go on past the end that the model sets: on or off.",
                (state, on) -> state.generation = state.generation.withIgnoreEndOfGeneration(on),
                state -> state.generation.ignoreEndOfGeneration()));
        all.put("grammar", new Setting("A GBNF grammar that answers must match: a file or a text; off.", List.of("off"),
                (state, value) -> state.generation = withGrammar(state, "grammar", value),
                Settings::grammar));
        all.put("json-schema", new Setting("A JSON schema that answers must satisfy: a file or a text; json for any object; off.", List.of("json", "off"),
                (state, value) -> state.generation = withGrammar(state, "json-schema", value.equals("json") ? "{\"type\": \"object\"}" : value),
                Settings::grammar));
        all.put("lookup", new Setting("Whether tokens are guessed ahead from the text: on or off.", ON_OFF,
                (state, value) -> state.generation = isOn("lookup", value)
                        ? state.generation.withSpeculation(Speculation.PromptLookup.DEFAULT)
                        : state.generation.withoutSpeculation(),
                state -> state.generation.speculation().map(Settings::guesses).orElse("off")));
    }

    private static void addContext(Map<String, Setting> all) {
        all.put("context", new Setting("Tokens that the context holds.", List.of(),
                (state, value) -> state.reopenSession(state.sessionOptions.withContextLength(integer("context", value, 1))),
                state -> Integer.toString(state.session.contextLength())));
        all.put("batch-size", new Setting("Tokens of a prompt computed together.", List.of(),
                (state, value) -> state.reopenSession(state.sessionOptions.withBatchTokens(integer("batch-size", value, 1))),
                state -> Integer.toString(state.sessionOptions.batchTokens())));
        all.put("cache-type-k", new Setting("Element type of cached keys.", CACHE_TYPES,
                (state, value) -> state.reopenSession(state.sessionOptions.withKeyCacheType(value)),
                state -> state.sessionOptions.keyCacheType()));
        all.put("cache-type-v", new Setting("Element type of cached values.", CACHE_TYPES,
                (state, value) -> state.reopenSession(state.sessionOptions.withValueCacheType(value)),
                state -> state.sessionOptions.valueCacheType()));
        all.put("context-shift", onOff("context-shift", "Whether a full context drops its older half and goes on: on or off.",
                (state, on) -> state.generation = on ? state.generation.withContextShift(0) : state.generation.withoutContextShift(),
                state -> state.generation.contextShift().isPresent()));
        all.put("keep", new Setting("First tokens that context-shift keeps; -1 for all of the prompt.", List.of(),
                (state, value) -> {
                    int kept = integer("keep", value, -1);
                    state.generation = state.generation.withContextShift(kept < 0 ? Integer.MAX_VALUE : kept);
                },
                state -> kept(state.generation.contextShift())));
    }

    private static void addTemplate(Map<String, Setting> all) {
        all.put("system", new Setting("The system prompt.", List.of(),
                (state, value) -> state.conversation.system(value),
                state -> state.conversation.system().isEmpty() ? "none" : "(/system shows it)"));
        all.put("chat-template", new Setting("A chat template in place of the file's: built in, a variant, or a file; off.", List.of("off"),
                (state, value) -> state.generation = value.equals("off")
                        ? state.generation.withoutChatTemplate()
                        : state.generation.withChatTemplate(state.host.chatTemplate(value, state.model)),
                state -> state.generation.chatTemplate().isPresent() ? "on" : "off"));
        all.put("template-variables", new Setting("Variables of the chat template, as JSON.", List.of(),
                (state, value) -> state.generation = state.generation.withTemplateVariables(state.host.templateVariables(value)),
                state -> state.generation.templateVariables().toString()));
        all.put("think", new Setting("Whether the model is asked to reason: on, off, or auto as its template does.", List.of("on", "off", "auto"),
                Settings::think,
                state -> switch (state.generation.templateVariables().get(THINKING)) {
                    case Boolean on -> on ? "on" : "off";
                    case null, default -> "auto";
                }));
    }

    private static void addDisplay(Map<String, Setting> all) {
        all.put("hide-thinking", onOff("hide-thinking", "Whether reasoning is folded away: on or off.",
                (state, on) -> state.showReasoning = !on, state -> !state.showReasoning));
        all.put("markdown", onOff("markdown", "Whether Markdown is coloured: on or off.",
                (state, on) -> state.markdown = on, state -> state.markdown));
        all.put("wordwrap", onOff("wordwrap", "Whether lines end between words: on or off.",
                (state, on) -> state.wordWrap = on, state -> state.wordWrap));
        all.put("verbose", onOff("verbose", "Whether each answer tells its speed: on or off.",
                (state, on) -> state.verbose = on, state -> state.verbose));
        all.put("history", onOff("history", "Whether the conversation is kept on disk: on or off.",
                (state, on) -> state.saving = on, state -> state.saving));
    }

    private static Setting onOff(String name, String description, BiConsumer<ChatState, Boolean> change, Predicate<ChatState> value) {
        return new Setting(description, ON_OFF, (state, text) -> change.accept(state, isOn(name, text)), state -> value.test(state) ? "on" : "off");
    }

    private static void think(ChatState state, String value) {
        Map<String, Object> variables = new LinkedHashMap<>(state.generation.templateVariables());
        variables.remove(THINKING);
        if (!value.equals("auto")) {
            variables.put(THINKING, isOn("think", value));
        }
        state.generation = state.generation.withTemplateVariables(variables);
    }

    private static GenerationOptions withGrammar(ChatState state, String kind, String value) {
        return isNone(value) ? state.generation.withoutGrammar() : state.generation.withGrammar(state.host.grammar(kind, value));
    }

    private static String grammar(ChatState state) {
        return state.generation.grammar().isPresent() ? "on" : "off";
    }

    private static String guesses(Speculation speculation) {
        return switch (speculation) {
            case Speculation.PromptLookup lookup -> "on";
            case Speculation.DraftModel draft -> "off (" + draft.session().model().name() + " guesses)";
        };
    }

    private static String kept(OptionalInt keep) {
        return keep.isEmpty() ? "0" : keep.getAsInt() == Integer.MAX_VALUE ? "-1" : Integer.toString(keep.getAsInt());
    }

    private static boolean isNone(String value) {
        return value.equals("none") || value.equals("off");
    }

    private static String escaped(String value) {
        return value.replace("\\n", "\n").replace("\\t", "\t");
    }

    private static int integer(String name, String value, int least) {
        if (value.matches("-?\\d{1,9}") && Integer.parseInt(value) >= least) {
            return Integer.parseInt(value);
        }
        throw CommandFailure.usage(name + " '" + value + "', expected a whole number, " + least + " or more");
    }

    private static boolean isOn(String name, String value) {
        return switch (value) {
            case "on", "true", "yes", "1" -> true;
            case "off", "false", "no", "0" -> false;
            default -> throw CommandFailure.usage(name + " '" + value + "', expected on or off");
        };
    }
}

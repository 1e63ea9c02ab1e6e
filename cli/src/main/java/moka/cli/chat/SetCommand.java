package moka.cli.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import moka.cli.terminal.CommandFailure;
import moka.engine.Speculation;

/** {@code /set NAME VALUE}: sampling by the names of the flags, and what the chat itself knows. */
final class SetCommand {
    private SetCommand() {}

    /** Names and descriptions of everything that can be set. */
    static Map<String, String> names(Map<String, String> sampling) {
        Map<String, String> names = new TreeMap<>(sampling);
        names.put("max-tokens", "Most tokens of an answer; -1 for no limit.");
        names.put("context", "Tokens that the context holds.");
        names.put("system", "The system prompt.");
        names.put("template-variables", "Variables of the chat template, as JSON.");
        names.put("think", "Whether the model is asked to reason: on or off.");
        names.put("reasoning", "Whether reasoning is shown: show or hide.");
        names.put("lookup", "Whether tokens are guessed ahead from the text: on or off.");
        names.put("markdown", "Whether Markdown is coloured: on or off.");
        names.put("verbose", "Whether each answer tells its speed: on or off.");
        return names;
    }

    static Map<String, String> ownValues(ChatState state) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("max-tokens", Integer.toString(state.generation.maxTokens()));
        values.put("context", Integer.toString(state.session.contextLength()));
        values.put("template-variables", state.generation.templateVariables().toString());
        values.put("reasoning", state.showReasoning ? "show" : "hide");
        values.put("lookup", state.generation.speculation().map(SetCommand::guesses).orElse("off"));
        values.put("markdown", state.markdown ? "on" : "off");
        values.put("verbose", state.verbose ? "on" : "off");
        return values;
    }

    private static String guesses(Speculation speculation) {
        return switch (speculation) {
            case Speculation.PromptLookup lookup -> "on";
            case Speculation.DraftModel draft -> "off (" + draft.session().model().name() + " guesses)";
        };
    }

    /** @return what to tell the user */
    static String run(ChatState state, String arguments) {
        String[] parts = arguments.split("\\s+", 2);
        String name = parts[0].startsWith("--") ? parts[0].substring(2) : parts[0];
        if (name.isEmpty()) {
            return ShowCommand.of(state, "parameters");
        }
        if (parts.length == 1 && !name.equals("system")) {
            String value = ShowCommand.parameterValues(state).get(name);
            return value == null ? "/set " + name + " needs a value" : name + " " + value;
        }
        set(state, name, parts.length == 1 ? "" : parts[1].strip());
        String value = ShowCommand.parameterValues(state).get(name);
        return value == null ? name + " is set" : name + " " + value;
    }

    private static void set(ChatState state, String name, String value) {
        switch (name) {
            case "max-tokens", "predict", "n" -> state.generation = state.generation.withMaxTokens(integer(name, value, -1));
            case "context", "ctx-size" -> state.reopenSession(state.sessionOptions.withContextLength(integer(name, value, 1)));
            case "system" -> state.conversation.system(value);
            case "template-variables" ->
                state.generation = state.generation.withTemplateVariables(state.host.templateVariables(value));
            case "think" -> {
                Map<String, Object> variables = new LinkedHashMap<>(state.generation.templateVariables());
                variables.put("enable_thinking", isOn(name, value));
                state.generation = state.generation.withTemplateVariables(variables);
            }
            case "reasoning" -> state.showReasoning = value.equals("show") || (!value.equals("hide") && isOn(name, value));
            case "lookup" ->
                state.generation = isOn(name, value)
                        ? state.generation.withSpeculation(Speculation.PromptLookup.DEFAULT)
                        : state.generation.withoutSpeculation();
            case "markdown" -> state.markdown = isOn(name, value);
            case "verbose" -> state.verbose = isOn(name, value);
            default ->
                state.generation = state.generation.withSampling(
                        state.host.withParameter(state.generation.sampling(), name, value));
        }
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

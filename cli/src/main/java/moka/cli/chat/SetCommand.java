package moka.cli.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Spelling;

/** {@code /set NAME VALUE}: sampling by the names of the flags, and what the chat itself knows; ollama's names too. */
final class SetCommand {
    /** Other names of settings: of other flags, and ollama's. */
    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("temperature", "temp"),
            Map.entry("typical-p", "typical"),
            Map.entry("top-n-sigma", "top-nsigma"),
            Map.entry("predict", "max-tokens"),
            Map.entry("n-predict", "max-tokens"),
            Map.entry("n", "max-tokens"),
            Map.entry("num-predict", "max-tokens"),
            Map.entry("ctx-size", "context"),
            Map.entry("num-ctx", "context"),
            Map.entry("ubatch-size", "batch-size"),
            Map.entry("num-batch", "batch-size"),
            Map.entry("num-keep", "keep"),
            Map.entry("system-prompt", "system"),
            Map.entry("reverse-prompt", "stop"),
            Map.entry("chat-template-kwargs", "template-variables"),
            Map.entry("reasoning", "think"),
            Map.entry("format", "json-schema"));

    /** Words that need no value. */
    private static final Map<String, String> SHORT = Map.ofEntries(
            Map.entry("think", "think on"),
            Map.entry("nothink", "think off"),
            Map.entry("verbose", "verbose on"),
            Map.entry("quiet", "verbose off"),
            Map.entry("wordwrap", "wordwrap on"),
            Map.entry("nowordwrap", "wordwrap off"),
            Map.entry("history", "history on"),
            Map.entry("nohistory", "history off"),
            Map.entry("noformat", "json-schema off"));

    private SetCommand() {}

    /** Names and descriptions of everything that can be set, each by its main name. @param sampling names of flags likewise */
    static Map<String, String> names(Map<String, String> sampling) {
        Map<String, String> names = new TreeMap<>();
        sampling.forEach((name, description) -> {
            if (!ALIASES.containsKey(name)) {
                names.put(name, description);
            }
        });
        Settings.all().forEach((name, setting) -> names.put(name, setting.description()));
        return names;
    }

    /** What a setting may be, where that can be listed. */
    static List<String> values(String name) {
        Settings.Setting setting = Settings.all().get(ALIASES.getOrDefault(name, name));
        return setting == null ? List.of() : setting.values();
    }

    /** All settings now. */
    static Map<String, String> current(ChatState state) {
        Map<String, String> values = new LinkedHashMap<>(SamplingValues.of(state.generation.sampling()));
        Settings.all().forEach((name, setting) -> values.put(name, setting.value().apply(state)));
        return values;
    }

    /** @return what to tell the user */
    static String run(ChatState state, String arguments) {
        String wanted = arguments.strip();
        if (wanted.startsWith("parameter ")) {
            wanted = wanted.substring("parameter ".length()).strip();
        }
        String[] parts = SHORT.getOrDefault(wanted, wanted).split("[\\s=]+", 2);
        String given = (parts[0].startsWith("--") ? parts[0].substring(2) : parts[0]).replace('_', '-');
        String name = ALIASES.getOrDefault(given, given);
        if (name.isEmpty() || name.equals("parameter")) {
            return ShowCommand.of(state, "parameters");
        }
        if (parts.length == 1 && !name.equals("system")) {
            String value = current(state).get(name);
            if (value == null) {
                throw unknown(state, name);
            }
            return name + " " + value;
        }
        set(state, name, parts.length == 1 ? "" : unquoted(parts[1].strip()));
        String value = current(state).get(name);
        return value == null ? name + " is set" : name + " " + value;
    }

    private static void set(ChatState state, String name, String value) {
        Settings.Setting setting = Settings.all().get(name);
        if (setting != null) {
            setting.change().accept(state, value);
        } else if (!state.host.parameters().containsKey(name)) {
            throw unknown(state, name);
        } else {
            state.generation = state.generation.withSampling(
                    state.host.withParameter(state.generation.sampling(), name, value));
        }
    }

    private static CommandFailure unknown(ChatState state, String name) {
        return CommandFailure.usage("no setting '" + name + "'" + Spelling.hint(name, names(state.host.parameters()).keySet()) + " (/set shows them)");
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }
}

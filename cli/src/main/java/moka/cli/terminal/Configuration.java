package moka.cli.terminal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.gguf.OneLine;

/**
 * Defaults of the user: lines {@code NAME = VALUE} with the long names of options, for all commands, or behind a line {@code [COMMAND]} for
 * one; behind {@code [role NAME]} where {@code --role NAME} asks for them. A line that begins with {@code #} is a comment; quotes around a value are taken off.
 *
 * @param source the file, for messages
 * @param values by section, {@code ""} for all commands, then by name
 */
public record Configuration(String source, Map<String, Map<String, String>> values) {
    private static final int LONGEST_SHOWN = 200;
    private static final String ROLE = "role ";

    /** Nothing set. */
    public static final Configuration EMPTY = new Configuration("", Map.of());

    /** Reads the user's file, if there is one: that of {@code MOKA_CONFIG}, else of the system's place for configuration. */
    public static Configuration of(Streams streams) {
        Optional<String> named = streams.variable("MOKA_CONFIG");
        if (named.isPresent()) {
            return parse(named.get(), TextFiles.of(Path.of(named.get())));
        }
        Optional<Path> usual = streams.variable("XDG_CONFIG_HOME")
                .or(() -> streams.variable("APPDATA"))
                .or(() -> streams.variable("HOME").map(home -> home + "/.config"))
                .map(folder -> Path.of(folder, "moka", "config"));
        return usual.filter(Files::isRegularFile).map(file -> parse(file.toString(), TextFiles.of(file))).orElse(EMPTY);
    }

    /** @throws CommandFailure that names the line which is none */
    static Configuration parse(String source, String text) {
        Map<String, Map<String, String>> values = new LinkedHashMap<>();
        String section = "";
        int number = 0;
        for (String raw : text.lines().toList()) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            if (line.startsWith("[") && line.endsWith("]")) {
                section = line.substring(1, line.length() - 1).strip().replaceAll("\\s+", " ");
                values.computeIfAbsent(section, key -> new LinkedHashMap<>());
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 1) {
                throw CommandFailure.usage(source + " line " + number + ": found '" + OneLine.of(line, LONGEST_SHOWN) + "', expected NAME = VALUE or [COMMAND]");
            }
            String name = line.substring(0, equals).strip().replace('_', '-');
            values.computeIfAbsent(section, key -> new LinkedHashMap<>())
                    .put(name.startsWith("--") ? name.substring(2) : name, unquoted(line.substring(equals + 1).strip()));
        }
        return new Configuration(source, values);
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"));
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /** What is set for a command: its own section over that for all, and over both that of a role. */
    public Map<String, String> of(String command, Optional<String> role) {
        Map<String, String> merged = new LinkedHashMap<>(values.getOrDefault("", Map.of()));
        merged.putAll(values.getOrDefault(command, Map.of()));
        role.ifPresent(name -> merged.putAll(values.getOrDefault(ROLE + name, Map.of())));
        return merged;
    }

    /** Names of the roles, in the order of the file. */
    public List<String> roles() {
        return values.keySet().stream().filter(Configuration::isRole).map(section -> section.substring(ROLE.length())).toList();
    }

    /** Whether a section is a role's. */
    public static boolean isRole(String section) {
        return section.startsWith(ROLE);
    }
}

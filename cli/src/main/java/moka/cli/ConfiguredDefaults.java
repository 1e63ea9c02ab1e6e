package moka.cli;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Configuration;
import moka.cli.terminal.Spelling;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Gives options the values of the user's configuration file where the command line has none. */
final class ConfiguredDefaults implements IDefaultValueProvider {
    private final Map<String, String> values;

    private ConfiguredDefaults(Map<String, String> values) {
        this.values = values;
    }

    /** @throws CommandFailure if the file has a name that no command knows: a typing error must not pass in silence */
    static void apply(Configuration configuration, Commands commands, String name, CommandLine commandLine, Optional<String> role) {
        if (role.isPresent() && !configuration.roles().contains(role.get())) {
            throw noRole(configuration, role.get());
        }
        if (configuration.values().isEmpty()) {
            return;
        }
        Set<String> known = names(commandLine);
        for (String set : configuration.values().getOrDefault(name, Map.of()).keySet()) {
            if (!known.contains(set)) {
                throw unknown(configuration, set, "moka " + name, known);
            }
        }
        for (String section : configuration.values().keySet()) {
            if (!section.isEmpty() && !Configuration.isRole(section) && !commands.names().contains(section)) {
                throw CommandFailure.usage(configuration.source() + ": [" + section + "] is no command");
            }
        }
        requireKnown(configuration, "", commands, known);
        role.ifPresent(it -> requireKnown(configuration, "role " + it, commands, known));
        commandLine.setDefaultValueProvider(new ConfiguredDefaults(configuration.of(name, role)));
    }

    private static void requireKnown(Configuration configuration, String section, Commands commands, Set<String> known) {
        for (String set : configuration.values().getOrDefault(section, Map.of()).keySet()) {
            if (!known.contains(set) && commands.names().stream().noneMatch(other -> names(commands.plain(other)).contains(set))) {
                throw unknown(configuration, set, "any command", known);
            }
        }
    }

    private static CommandFailure noRole(Configuration configuration, String role) {
        String there = configuration.roles().isEmpty() ? "" : "; there are " + String.join(", ", configuration.roles());
        return CommandFailure.usage("--role '" + role + "': no [role " + role + "] in "
                + (configuration.source().isEmpty() ? "~/.config/moka/config" : configuration.source()) + there);
    }

    private static CommandFailure unknown(Configuration configuration, String name, String where, Set<String> known) {
        return CommandFailure.usage(configuration.source() + ": '" + name + "' is no option of " + where + Spelling.hint(name, known));
    }

    private static Set<String> names(CommandLine commandLine) {
        Set<String> names = new TreeSet<>();
        commandLine.getCommandSpec().options().forEach(option -> {
            for (String name : option.names()) {
                if (name.startsWith("--")) {
                    names.add(configured(name));
                }
            }
        });
        return names;
    }

    // A model of the command line may be positional: its default is an option of its own. A role is chosen on the command line alone.
    private static String configured(String option) {
        return switch (option) {
            case EngineOptions.DEFAULT_MODEL -> "model";
            case "--model", AnswerOptions.ROLE -> "";
            default -> option.substring(2);
        };
    }

    /** The option that a name in the configuration stands for; nothing for what is no name there. */
    static String option(String configured) {
        return switch (configured) {
            case "model" -> EngineOptions.DEFAULT_MODEL;
            case "default-model" -> "";
            default -> "--" + configured;
        };
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (argument instanceof OptionSpec option) {
            for (String name : option.names()) {
                String value = name.startsWith("--") ? values.get(configured(name)) : null;
                if (value != null) {
                    return value;
                }
            }
        }
        return null;
    }
}

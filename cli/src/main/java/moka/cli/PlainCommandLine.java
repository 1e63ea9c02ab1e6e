package moka.cli;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import moka.cli.terminal.Configuration;
import moka.cli.terminal.Streams;

/**
 * The short way to the commands that people wait for: reads lines of plain options, which nearly all are, by a switch over their names. What
 * is more than that (a name that is unknown or short for several, help, a role, an {@code @file}, a value that looks like an option, whatever is
 * wrong) is left to picocli, whose reflection on every option takes longer than the first token. Both ways fill the same fields of the
 * same command: the switches are made from picocli's annotations, and a test compares what both read.
 */
final class PlainCommandLine {
    private final PlainOptions options;
    private final BitSet given = new BitSet();
    private final BitSet defaulted = new BitSet();

    private PlainCommandLine(PlainOptions options) {
        this.options = options;
    }

    /** The command, ready to run; empty where picocli has to look. */
    static Optional<Command> read(String name, List<String> args, Streams streams) {
        PlainOptions options = switch (name) {
            case "run" -> new RunPlainOptions(new RunCommand(streams));
            case "chat" -> new ChatPlainOptions(new ChatCommand(streams));
            default -> null;
        };
        if (options == null) {
            return Optional.empty();
        }
        try {
            PlainCommandLine line = new PlainCommandLine(options);
            return line.takeAll(args) && line.takeDefaults(name, Configuration.of(streams)) ? Optional.of(options.command()) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // picocli says it better
        }
    }

    private boolean takeAll(List<String> args) {
        int words = 0;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
            int option = options.number(equals < 0 ? arg : arg.substring(0, equals));
            if (option == PlainOptions.NONE) {
                if (arg.isEmpty() || !isPlain(arg) || !options.takeWord(words++, arg)) {
                    return false;
                }
                continue;
            }
            if (given.get(option) && !options.repeats(option)) {
                return false;
            }
            given.set(option);
            if (options.takesValue(option)) {
                if (equals < 0 && ++i == args.size()) {
                    return false;
                }
                String value = equals < 0 ? args.get(i) : arg.substring(equals + 1);
                if (!isPlain(value)) {
                    return false;
                }
                options.take(option, value);
            } else if (equals < 0) {
                options.turnOn(option);
            } else {
                return false;
            }
        }
        return true;
    }

    /** Takes what the user's configuration has for this command, or for all, where the line has nothing. Of other sections picocli knows more. */
    private boolean takeDefaults(String command, Configuration configuration) {
        for (String section : configuration.values().keySet()) {
            if (!section.isEmpty() && !section.equals(command) && !Configuration.isRole(section)) {
                return false;
            }
        }
        for (Map.Entry<String, String> entry : configuration.of(command, Optional.empty()).entrySet()) {
            int option = options.number(ConfiguredDefaults.option(entry.getKey()));
            String value = entry.getValue();
            if (option == PlainOptions.NONE || options.repeats(option) || !isPlain(value) || value.isEmpty() || value.contains("$")) {
                return false;
            }
            if (defaulted.get(option)) {
                return false; // by two of its names
            }
            defaulted.set(option);
            if (given.get(option)) {
                continue;
            }
            if (options.takesValue(option)) {
                options.take(option, value);
            } else if (value.equals("true")) {
                options.turnOn(option);
            } else if (!value.equals("false")) {
                return false;
            }
        }
        return true;
    }

    /** Not what may be an option (a dash and more, but for numbers), nor a file of arguments. */
    private static boolean isPlain(String word) {
        boolean option = word.length() > 1 && word.charAt(0) == '-' && !Character.isDigit(word.charAt(1));
        return !option && !word.startsWith("@");
    }
}

package moka.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Output;
import moka.cli.terminal.Spelling;
import moka.cli.terminal.Streams;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** The way in: finds the command, runs it, turns what went wrong into one line and an exit code. */
public final class Moka {
    private final Streams streams;

    Moka(Streams streams) {
        this.streams = streams;
    }

    /** Runs the program and ends the process. */
    public static void main(String[] args) {
        System.exit(new Moka(Streams.ofProcess()).run(args));
    }

    /** Runs a command line and returns its exit code. */
    int run(String... args) {
        boolean verbose = !Collections.disjoint(List.of(args), List.of("-v", "--verbose"));
        try {
            int exitCode = dispatch(args);
            streams.out().flush();
            return exitCode;
        } catch (Output.Closed e) {
            return ExitCode.OK;
        } catch (Throwable failure) {
            return report(failure, verbose);
        }
    }

    private int dispatch(String[] args) {
        List<String> words = List.of(args);
        if (words.equals(List.of("--version")) || words.equals(List.of("-V")) || words.equals(List.of("version"))) {
            streams.out().line("moka " + version());
            return ExitCode.OK;
        }
        boolean chat = words.isEmpty() || (words.getFirst().startsWith("-") && !words.getFirst().equals("--")) || Commands.looksLikeModel(words.getFirst());
        Optional<Command> plain = chat
                ? PlainCommandLine.read("chat", words, streams)
                : PlainCommandLine.read(words.getFirst(), words.subList(1, words.size()), streams);
        if (plain.isPresent()) {
            return plain.get().run();
        }
        Commands commands = new Commands(streams);
        if (words.equals(List.of("--help")) || words.equals(List.of("-h")) || words.equals(List.of("help"))) {
            streams.out().print(commands.overview());
            return ExitCode.OK;
        }
        if (words.size() == 2 && words.getFirst().equals("help")) {
            return execute(commands.find(words.get(1)), "--help");
        }
        if (chat) {
            return execute(commands.find("chat", args), args);
        }
        String[] rest = Arrays.copyOfRange(args, 1, args.length);
        return execute(commands.find(words.getFirst(), rest), rest);
    }

    private int execute(CommandLine commandLine, String... args) {
        Command command = commandLine.getCommand();
        commandLine.parseArgs(separated(commandLine, args));
        if (command.general.help || command.general.helpAll) {
            streams.out().print(Help.of(commandLine, command.general.helpAll, streams.colour()));
            return ExitCode.OK;
        }
        return command.run();
    }

    /** {@code -n8} as {@code -n 8}: numbers may follow the letter of an option at once. */
    private static String[] separated(CommandLine commandLine, String... args) {
        Set<String> known = commandLine.getCommandSpec().optionsMap().keySet();
        return Stream.of(args)
                .flatMap(arg -> arg.matches("-[A-Za-z]\\d+") && !known.contains(arg) && known.contains(arg.substring(0, 2))
                        ? Stream.of(arg.substring(0, 2), arg.substring(2))
                        : Stream.of(arg))
                .toArray(String[]::new);
    }

    private int report(Throwable failure, boolean verbose) {
        streams.err().flush();
        streams.err().println("moka: " + Failures.line(failure) + hint(failure));
        if (failure instanceof ParameterException usage) {
            streams.err().println("Try '" + usage.getCommandLine().getCommandName() + " --help'.");
        }
        if (verbose) {
            failure.printStackTrace(streams.err());
        }
        return Failures.exitCode(failure);
    }

    /** For an option that nobody knows: those of the command that are written nearly so. */
    private static String hint(Throwable failure) {
        if (!(failure instanceof UnmatchedArgumentException unmatched) || !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return "";
        }
        List<String> known = unmatched.getCommandLine().getCommandSpec().options().stream()
                .flatMap(option -> Stream.of(option.names()))
                .filter(name -> name.startsWith("--"))
                .toList();
        String word = unmatched.getUnmatched().getFirst();
        return Spelling.hint(word.contains("=") ? word.substring(0, word.indexOf('=')) : word, known);
    }

    /** The version of the build. */
    static String version() {
        try (InputStream text = Moka.class.getResourceAsStream("version.txt")) {
            return text == null ? "unknown" : new String(text.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}

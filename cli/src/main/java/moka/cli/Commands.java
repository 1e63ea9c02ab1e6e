package moka.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import moka.cli.reference.CommandReference;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Configuration;
import moka.cli.terminal.Spelling;
import moka.cli.terminal.Streams;
import picocli.CommandLine;

/** The commands by name. Only the one that is asked for is built: picocli's work at start grows with the options it is told of. */
final class Commands {
    /** What a command is for, in a line, and how it is made. */
    private record Entry(String summary, Function<Streams, Command> factory) {}

    private static final int NARROWEST_HELP = 56;
    private static final int WIDEST_HELP = 100;

    private static Map<String, Entry> entries() {
        Map<String, Entry> entries = new LinkedHashMap<>();
        entries.put("chat", new Entry("chat in the terminal", ChatCommand::new));
        entries.put("run", new Entry("answer a prompt, or a file of prompts, as plain text", RunCommand::new));
        entries.put("bench", new Entry("measure tokens per second", BenchCommand::new));
        entries.put("perplexity", new Entry("measure how well a model predicts a text", PerplexityCommand::new));
        entries.put("imatrix", new Entry("measure what a model's matrices are multiplied with", ImatrixCommand::new));
        entries.put("quantize", new Entry("make a smaller model file", QuantizeCommand::new));
        entries.put("compare", new Entry("compare model files in size, quality and speed", CompareCommand::new));
        entries.put("explain", new Entry("show what quantization did to a tensor", ExplainCommand::new));
        entries.put("merge", new Entry("merge LoRA adapters into a model file", MergeCommand::new));
        entries.put("pull", new Entry("download a model into the store", PullCommand::new));
        entries.put("list", new Entry("list the models on this machine", ListCommand::new));
        entries.put("show", new Entry("show what a model is", ShowCommand::new));
        entries.put("rm", new Entry("delete models from the store", RemoveCommand::new));
        entries.put("inspect", new Entry("show what is in a model file", InspectCommand::new));
        entries.put("tokenize", new Entry("print the token ids of a text", TokenizeCommand::new));
        entries.put("detokenize", new Entry("print the text of token ids", DetokenizeCommand::new));
        entries.put("template", new Entry("render a conversation by a chat template", TemplateCommand::new));
        entries.put("grammar", new Entry("check texts against a grammar or JSON schema", GrammarCommand::new));
        entries.put("logits", new Entry("compute the logits of token ids, as JSON", LogitsCommand::new));
        entries.put("generate-ids", new Entry("continue token ids greedily", GenerateIdsCommand::new));
        entries.put("completion", new Entry("print the completions of a shell", CompletionCommand::new));
        entries.put("man", new Entry("print manual pages", ManCommand::new));
        return entries;
    }

    private final Map<String, Entry> entries = entries();
    private final Streams streams;

    Commands(Streams streams) {
        this.streams = streams;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** A command with the defaults of the user's configuration. @param args that follow: they may name a role */
    CommandLine find(String name, String... args) {
        CommandLine commandLine = plain(name);
        ConfiguredDefaults.apply(Configuration.of(streams), this, name, commandLine, role(args));
        return commandLine;
    }

    /** What stands behind {@code --role}: needed before the options are read, since it gives their defaults. */
    private static Optional<String> role(String... args) {
        Optional<String> role = Optional.empty();
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            if (args[i].startsWith(AnswerOptions.ROLE + "=")) {
                role = Optional.of(args[i].substring(AnswerOptions.ROLE.length() + 1));
            } else if (args[i].equals(AnswerOptions.ROLE) && i + 1 < args.length) {
                role = Optional.of(args[i + 1]);
            }
        }
        return role;
    }

    /** A command with the defaults of the program. */
    CommandLine plain(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw unknown(name);
        }
        CommandLine commandLine = new CommandLine(entry.factory.apply(streams));
        commandLine.setCommandName("moka " + name);
        commandLine.setPosixClusteredShortOptionsAllowed(false); // llama.cpp's -fit is not -f it
        commandLine.setUsageHelpLongOptionsMaxWidth(30);
        commandLine.setUsageHelpWidth(Math.clamp(streams.columns(), NARROWEST_HELP, WIDEST_HELP));
        commandLine.getCommandSpec().usageMessage().abbreviateSynopsis(true).sortOptions(false);
        return commandLine;
    }

    private CommandFailure unknown(String name) {
        if (name.contains(" ")) {
            return CommandFailure.usage("unknown command '" + name + "': a prompt is given with 'moka run -p TEXT'");
        }
        if (name.contains(":") || name.contains("/")) {
            return CommandFailure.usage("unknown command '" + name + "', and no such file: a model is given by its name with 'moka chat " + name + "'");
        }
        String hint = Spelling.hint(name, names());
        return CommandFailure.usage("unknown command '" + name + "'"
                + (hint.isEmpty() ? ", expected one of " + String.join(", ", names()) + " (see 'moka --help')" : hint));
    }

    /** Descriptions of commands, of all where none is named. */
    List<CommandReference> references(List<String> wanted) {
        return (wanted.isEmpty() ? names() : wanted)
                .stream()
                .map(name -> CommandReference.of(plain(name), name, entries.get(name).summary))
                .toList();
    }

    /** The help of the program: what each command is for. */
    String overview() {
        StringBuilder text = new StringBuilder();
        text.append("Moka runs GGUF language models on the CPU.\n\n");
        text.append("  moka                                chat with the model that ships with it\n");
        text.append("  moka chat MODEL.gguf                chat with a model of yours\n");
        text.append("  moka run MODEL.gguf -p TEXT         one answer, as plain text\n\n");
        text.append("Commands:\n");
        entries.forEach((name, entry) -> text.append(String.format("  %-13s %s%n", name, entry.summary)));
        text.append("\n'moka COMMAND --help' shows the options of a command, 'moka --version' the version.\n");
        return text.toString();
    }

    /** Whether a first word is a model file rather than a command: {@code moka model.gguf} is a chat with it. */
    static boolean looksLikeModel(String word) {
        return word.endsWith(".gguf") || (word.contains("/") && Files.isRegularFile(Path.of(word)));
    }
}

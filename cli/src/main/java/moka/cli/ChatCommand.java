package moka.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import moka.cli.SpeculationFlags.Drafter;
import moka.cli.chat.Chat;
import moka.cli.chat.ChatHost;
import moka.cli.chat.ChatOptions;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.Streams;
import moka.engine.Model;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions;
import moka.template.ChatTemplate;
import moka.template.TemplateOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@CommandLine.Command(
        addMethodSubcommands = false,
        description = "Chats in the terminal. What is piped in is one question: its answer goes to standard output.",
        footer = {
            "",
            "Examples:",
            "  moka chat model.gguf --system 'Answer in one sentence.'",
            "  moka chat --resume                 go on with the last conversation",
            "  git diff | moka chat model.gguf -p 'Summarise this change:' -f -"
        })
final class ChatCommand extends Command {
    private final Streams streams;

    @Mixin
    final EngineOptions engine = new EngineOptions();

    @Mixin
    final TextOptions text = new TextOptions();

    @Option(names = "--resume", paramLabel = "NAME", arity = "0..1", fallbackValue = "",
            description = "Go on with a conversation: its file, or the last one.")
    @Nullable String resume;

    @Option(names = "--no-save", description = "Keep neither the conversation nor the history of lines.")
    boolean noSave;

    @Option(names = "--no-markdown", hidden = true, description = "Do not colour Markdown.")
    boolean noMarkdown;

    @Mixin
    final AnswerOptions answer = new AnswerOptions();

    @Mixin
    final PromptShape shape = new PromptShape();

    @Mixin
    final AcceptedFlags accepted = new AcceptedFlags();

    @Mixin
    final SpeculationFlags speculation = new SpeculationFlags();

    @Mixin
    final ContextOptions context = new ContextOptions();

    ChatCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        if (resume != null && resume.endsWith(".gguf") && !engine.named()) {
            engine.model = resume; // chat --resume MODEL: the last conversation, with this model
            resume = "";
        }
        String model = resume != null && !engine.named() ? Chat.modelOf(stateFolder(), resume).orElseGet(engine::name) : engine.name();
        accepted.tell(streams);
        shape.applyTo(text);
        Host host = new Host();
        try (Drafter drafter = speculation.open(engine, context.sessionOptions(), streams, general.verbose)) {
            return run(host, model, drafter);
        }
    }

    private int run(Host host, String model, Drafter drafter) {
        if (!streams.inputIsTerminal()) {
            String question = shape.around(text.requirePrompt(streams));
            if (question.isBlank()) {
                throw CommandFailure.usage("nothing was piped in: a chat needs a terminal or a question");
            }
            return Chat.once(streams, host, options(Optional.empty(), drafter), model, question);
        }
        return Chat.run(streams, host, options(text.prompt(streams).map(shape::around), drafter), model);
    }

    private ChatOptions options(Optional<String> firstMessage, Drafter drafter) {
        return new ChatOptions(
                opened -> drafter.over(answer.generationOptions(opened)),
                context.sessionOptions(),
                Optional.ofNullable(answer.systemText()),
                firstMessage,
                noSave || (!streams.inputIsTerminal() && resume == null) ? Optional.empty() : stateFolder(),
                Optional.ofNullable(resume),
                general.verbose,
                !answer.reasoning.hide,
                !noMarkdown);
    }

    /** Where the history and the conversations lie: the place of the system for such things (XDG). */
    private Optional<Path> stateFolder() {
        return streams.variable("MOKA_STATE")
                .or(() -> streams.variable("XDG_STATE_HOME").map(home -> home + "/moka"))
                .or(() -> streams.variable("LOCALAPPDATA").map(home -> home + "\\moka"))
                .or(() -> streams.variable("HOME").map(home -> home + "/.local/state/moka"))
                .map(Path::of);
    }

    /** What the chat asks of this program. */
    private final class Host implements ChatHost {
        @Override
        public Model open(String name) {
            return engine.open(ModelSource.of(name), streams, general.verbose);
        }

        @Override
        public SamplingOptions withParameter(SamplingOptions sampling, String name, String value) {
            SamplingFlags flags = new SamplingFlags();
            try {
                new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObject(flags)).parseArgs("--" + name + "=" + value);
            } catch (ParameterException e) {
                throw CommandFailure.usage(name + " '" + value + "': " + e.getMessage());
            }
            return flags.over(sampling);
        }

        @Override
        public Map<String, String> parameters() {
            return CommandLinePage.samplingParameters();
        }

        @Override
        public Grammar grammar(String kind, String value) {
            GrammarFlags flags = new GrammarFlags();
            if (kind.equals("grammar")) {
                flags.grammar = value;
            } else {
                flags.jsonSchema = value;
            }
            return flags.grammar().orElseThrow();
        }

        @Override
        public ChatTemplate chatTemplate(String value, Model model) {
            return TemplateChoice.of(value, Optional.of(model.chatTemplates()), TemplateOptions.DEFAULT);
        }

        @Override
        public Map<String, Object> templateVariables(String json) {
            return AnswerOptions.templateVariables("template-variables", json);
        }
    }
}

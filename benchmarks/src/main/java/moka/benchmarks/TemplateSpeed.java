package moka.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import moka.template.ChatTemplate;
import moka.template.ChatTemplates;
import moka.template.Message;
import moka.template.TemplateOptions;
import moka.template.answer.Answer;
import moka.template.answer.AnswerFormat;
import moka.template.answer.AnswerListener;
import moka.template.answer.AnswerParser;
import moka.tokenizer.Tokenizer.Segment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time of parsing a chat template, of rendering a conversation, and of taking an answer apart.
 *
 * <p>{@code java -jar benchmarks.jar TemplateSpeed -p template=FILE.jinja,chatml -p messages=1,101}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TemplateSpeed {
    /** A file, or the name of a built-in template. */
    @Param("chatml")
    public String template = "";

    /** Messages of the conversation, an odd number: users' of 420, assistants' of 920 characters. */
    @Param({"1", "101"})
    public int messages;

    private String source = "";
    private ChatTemplate parsed = ChatTemplate.parse("none", "");
    private final List<Message> conversation = new ArrayList<>();
    private final Map<String, Object> variables = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private final String answer = "<think>" + "Let me see. ".repeat(200) + "</think>\n\n" + "The sky scatters blue light. ".repeat(50)
            + "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"the sky\"}}\n</tool_call>";

    @Setup
    public void read() throws IOException {
        var builtIn = ChatTemplates.builtIn(template, TemplateOptions.DEFAULT);
        source = builtIn.isPresent() ? builtIn.get().source() : Files.readString(Path.of(template));
        parsed = parse();
        for (int i = 0; i < messages; i++) {
            conversation.add(
                    i % 2 == 0 ? Message.user("Why is the sky blue? ".repeat(20)) : Message.assistant("Because of scattering. ".repeat(40)));
        }
    }

    /** Parses the template. */
    @Benchmark
    public ChatTemplate parse() {
        return ChatTemplate.parse(template, source);
    }

    /** Renders the conversation. */
    @Benchmark
    public List<Segment> render() {
        return parsed.render(conversation, true, variables);
    }

    /** Takes an answer of 3,900 characters apart, four characters at a time. */
    @Benchmark
    public Answer takeApart() {
        var parser = new AnswerParser(AnswerFormat.HERMES, AnswerListener.SILENT);
        for (int at = 0; at < answer.length(); at += 4) {
            parser.accept(answer.substring(at, Math.min(answer.length(), at + 4)));
        }
        return parser.finish();
    }
}

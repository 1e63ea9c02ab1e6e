package moka.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import moka.cli.render.Printable;
import moka.cli.render.Quantity;
import moka.cli.render.Table;
import moka.cli.render.Table.Align;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.Metadata;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@CommandLine.Command(
        description = "Shows what a model is: family, size, context, template, licence. 'moka inspect' tells everything.",
        footer = {"", "Examples:", "  moka show", "  moka show model.gguf --template"})
final class ShowCommand extends Command {
    private final Streams streams;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Model file or name (default: the embedded model).")
    @Nullable String model;

    @Option(names = "--template", description = "Print the chat template, nothing else.")
    boolean template;

    @Option(names = "--license", description = "Print the text of the licence, nothing else.")
    boolean license;

    ShowCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        try (GgufFile file = ModelSource.of(model).openFile()) {
            if (template || license) {
                String key = template ? "tokenizer.chat_template" : "general.license";
                Optional<String> text = file.metadata().string(key);
                streams.out().line(text.orElse(""));
                return text.isPresent() ? ExitCode.OK : ExitCode.FAILED;
            }
            streams.out().print(summary(file));
        }
        return ExitCode.OK;
    }

    private static String summary(GgufFile file) {
        Metadata metadata = file.metadata();
        String architecture = metadata.string("general.architecture").orElse("?");
        Table table = new Table(List.of("", ""), List.of(Align.LEFT, Align.LEFT));
        row(table, "name", metadata.string("general.name").orElse(file.name()));
        row(table, "architecture", architecture);
        row(table, "parameters", Quantity.count(file.tensors().stream().mapToLong(GgufTensor::elements).sum()));
        row(table, "size", Quantity.bytes(file.sizeBytes()));
        row(table, "tensors", types(file));
        for (var fact : Map.of("context", "context_length", "blocks", "block_count", "width", "embedding_length").entrySet().stream()
                .sorted(Map.Entry.comparingByKey()).toList()) {
            metadata.integer(architecture + "." + fact.getValue())
                    .ifPresent(value -> row(table, fact.getKey(), Quantity.grouped(value)));
        }
        metadata.string("tokenizer.ggml.model").ifPresent(kind ->
                row(table, "tokenizer", kind + metadata.string("tokenizer.ggml.pre").map(it -> ", " + it).orElse("")));
        row(table, "chat template", metadata.string("tokenizer.chat_template").isPresent() ? "yes" : "no");
        metadata.string("general.license").ifPresent(it -> row(table, "licence", it.lines().findFirst().orElse("")));
        return table.plain().lines().filter(it -> !it.isBlank()).collect(Collectors.joining("\n", "", "\n"));
    }

    private static void row(Table table, String name, String value) {
        table.row(name, Printable.line(value));
    }

    /** Share of the weights by type, largest first: {@code Q4_K 78 %, Q6_K 22 %}. */
    private static String types(GgufFile file) {
        Map<String, Long> elements = new TreeMap<>();
        file.tensors().forEach(it -> elements.merge(it.type().toString(), it.elements(), Long::sum));
        long total = Math.max(1, elements.values().stream().mapToLong(Long::longValue).sum());
        return elements.entrySet().stream()
                .filter(it -> it.getValue() * 200 >= total)
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(it -> String.format(Locale.ROOT, "%s %.0f %%", it.getKey(), 100.0 * it.getValue() / total))
                .collect(Collectors.joining(", "));
    }
}

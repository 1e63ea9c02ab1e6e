package moka.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import moka.cli.json.JsonLines;
import moka.cli.render.Printable;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.gguf.GgufFile;
import moka.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Prints the token ids of a text. A file with a vocabulary and no tensors is enough.",
        footer = {
            "",
            "Examples:",
            "  moka tokenize model.gguf -p 'Hello, world'",
            "  moka tokenize model.gguf -f text.txt --add-special --pieces",
            "  moka tokenize model.gguf --jsonl in.jsonl      # {\"text\", \"add_special\", \"parse_special\"} a line"
        })
final class TokenizeCommand extends Command {
    private final Streams streams;

    @Mixin
    final VocabularyOptions vocabulary = new VocabularyOptions();

    @Mixin
    final TextOptions text = new TextOptions();

    @Option(names = "--add-special", description = "Add BOS, EOS and the like, as the file asks for.")
    boolean addSpecial;

    @Option(names = "--parse-special", description = "Read the text of control tokens as these tokens.")
    boolean parseSpecial;

    @Option(names = "--pieces", description = "Print the text of each token with its id, one a line.")
    boolean pieces;

    @Option(names = {"--count", "--show-count"}, description = "Print how many there are, in place of the ids.")
    boolean count;

    @Option(names = {"--stdin", "--ids", "--log-disable", "--no-escape"}, hidden = true, description = "Of llama.cpp: taken, since it is so anyway.")
    boolean[] always = {};

    @Option(names = "--jsonl", paramLabel = "FILE", description = "Many texts: a JSON object a line (- for standard input).")
    @Nullable String jsonLines;

    TokenizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        try (GgufFile file = vocabulary.source().openFile()) {
            Tokenizer tokenizer = vocabulary.tokenizer(file, streams);
            if (jsonLines != null) {
                return eachLine(tokenizer, jsonLines);
            }
            int[] ids = tokenizer.encode(text.require(streams), addSpecial, parseSpecial);
            if (count) {
                streams.out().line(Integer.toString(ids.length));
            } else if (pieces) {
                printPieces(tokenizer, ids);
            } else {
                streams.out().line(TokenIds.format(ids));
            }
        }
        return ExitCode.OK;
    }

    private void printPieces(Tokenizer tokenizer, int[] ids) {
        for (int id : ids) {
            byte[] bytes = tokenizer.piece(id, true);
            streams.out().line(id + "\t" + Printable.line(new String(bytes, StandardCharsets.UTF_8)));
        }
    }

    private int eachLine(Tokenizer tokenizer, String file) {
        for (JsonLines.Line each : JsonLines.lines(streams, file)) {
            JsonObject line = each.object();
            JsonElement content = line.get("text");
            if (content == null || !content.isJsonPrimitive()) {
                throw CommandFailure.failed(each.file() + " line " + each.number() + ": no \"text\"");
            }
            int[] ids = tokenizer.encode(
                    content.getAsString(),
                    flag(line, "add_special", addSpecial),
                    flag(line, "parse_special", parseSpecial));
            JsonArray array = new JsonArray(ids.length);
            for (int id : ids) {
                array.add(id);
            }
            JsonObject answer = new JsonObject();
            answer.add("ids", array);
            streams.out().line(JsonLines.line(answer));
        }
        return ExitCode.OK;
    }

    private static boolean flag(JsonObject line, String name, boolean otherwise) {
        JsonElement value = line.get(name);
        return value == null || !value.isJsonPrimitive() ? otherwise : value.getAsBoolean();
    }
}

package moka.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import moka.cli.json.JsonLines;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Failures;
import moka.cli.terminal.Streams;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.GrammarException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@CommandLine.Command(
        description = "Tells whether texts match a grammar or a JSON schema, without a model. Exit code 1 where one does not.",
        footer = {
            "",
            "Examples:",
            "  moka grammar --grammar date.gbnf --check 2026-11-21 yesterday",
            "  moka grammar --json-schema person.json --check '{\"name\": \"Ada\"}'",
            "  moka grammar --jsonl cases.jsonl      lines {\"grammar\" or \"json_schema\", \"text\"}"
        })
final class GrammarCommand extends Command {
    private final Streams streams;

    @Mixin
    final GrammarFlags flags = new GrammarFlags();

    @Option(names = "--check", paramLabel = "TEXT", arity = "1..*", description = "Texts to check (none: only the grammar).")
    List<String> texts = new ArrayList<>();

    @Option(names = "--jsonl", paramLabel = "FILE", description = "Cases, one a line; {\"accepted\"} or {\"error\"} a line out.")
    @Nullable String jsonLines;

    private @Nullable JsonObject lastSource;
    private @Nullable Grammar lastGrammar;

    GrammarCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        Optional<Grammar> given = flags.grammar();
        if (jsonLines != null) {
            for (JsonLines.Line line : JsonLines.lines(streams, jsonLines)) {
                streams.out().line(JsonLines.line(verdict(line, given)));
            }
            return ExitCode.OK;
        }
        Grammar grammar = given.orElseThrow(() -> CommandFailure.usage("no grammar: give --grammar, --json-schema or --jsonl"));
        grammar.warnings().forEach(warning -> streams.note("moka: " + warning));
        boolean all = true;
        for (String text : texts) {
            Grammar.Check check = grammar.check(text);
            all &= check.accepted();
            streams.out().line(check.accepted() ? "accepted" : refusal(text, check.taken()));
        }
        if (texts.isEmpty()) {
            streams.out().line("a grammar");
        }
        return all ? ExitCode.OK : ExitCode.FAILED;
    }

    private static String refusal(String text, int taken) {
        return taken == text.codePointCount(0, text.length())
                ? "refused: ends too early, after " + taken + " characters"
                : "refused at character " + (taken + 1) + ": '" + Character.toString(text.codePointAt(text.offsetByCodePoints(0, taken))) + "'";
    }

    private JsonObject verdict(JsonLines.Line line, Optional<Grammar> given) {
        JsonObject verdict = new JsonObject();
        try {
            JsonObject object = line.object();
            JsonElement text = object.get("text");
            Grammar grammar = given.isPresent() ? given.get() : grammar(object);
            if (text == null || !text.isJsonPrimitive()) {
                throw CommandFailure.failed("no \"text\" in the line");
            }
            verdict.addProperty("accepted", grammar.accepts(text.getAsString()));
        } catch (GrammarException | CommandFailure e) {
            verdict.addProperty("error", Failures.line(e));
        }
        return verdict;
    }

    /** Made once for lines that follow each other. */
    private Grammar grammar(JsonObject line) {
        JsonObject source = new JsonObject();
        for (String name : List.of("grammar", "json_schema")) {
            if (line.has(name)) {
                source.add(name, line.get(name));
            }
        }
        Grammar known = lastGrammar;
        if (known != null && source.equals(lastSource)) {
            return known;
        }
        Grammar grammar = GrammarFlags.of(source.get("grammar"), source.get("json_schema"));
        lastSource = source;
        lastGrammar = grammar;
        return grammar;
    }
}

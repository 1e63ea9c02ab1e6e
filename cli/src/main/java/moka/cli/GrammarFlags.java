package moka.cli;

import com.google.gson.JsonElement;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.TextFiles;
import moka.engine.grammar.Grammar;
import moka.engine.grammar.GrammarException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a text must match: a grammar or a JSON schema, from a file or as it is. */
final class GrammarFlags {
    @Option(names = {"--grammar", "--grammar-file"}, paramLabel = "FILE|TEXT", description = "A GBNF grammar that the text must match.")
    @Nullable String grammar;

    @Option(
            names = {"-j", "--json-schema", "-jf", "--json-schema-file"},
            paramLabel = "FILE|TEXT",
            description = "A JSON schema that the text must satisfy.")
    @Nullable String jsonSchema;

    @Option(names = "--format", paramLabel = "json|SCHEMA", hidden = true, description = "The same as --json-schema; json for any object.")
    @Nullable String format;

    /** The grammar, if one is asked for. @throws CommandFailure if it is malformed, or cannot be read */
    Optional<Grammar> grammar() {
        if (jsonSchema != null && format != null) {
            throw CommandFailure.usage("--json-schema and --format exclude each other");
        }
        String schema = jsonSchema != null ? jsonSchema : format;
        if (grammar != null && schema != null) {
            throw CommandFailure.usage("--grammar and --json-schema exclude each other");
        }
        if (grammar != null) {
            String text = text("--grammar", grammar, "::=");
            return Optional.of(named(grammar, () -> Grammar.ofGbnf(text)));
        }
        if ("json".equals(format)) {
            return Optional.of(Grammar.ofJsonSchema("{\"type\": \"object\"}"));
        }
        if (schema != null) {
            String text = text("--json-schema", schema, "{");
            return Optional.of(named(schema, () -> Grammar.ofJsonSchema(text)));
        }
        return Optional.empty();
    }

    /** The grammar of a JSON object with {@code "grammar"} or {@code "json_schema"}, as a text or as the schema itself. */
    static Grammar of(@Nullable JsonElement grammar, @Nullable JsonElement schema) {
        if (grammar != null && schema == null && grammar.isJsonPrimitive()) {
            return Grammar.ofGbnf(grammar.getAsString());
        }
        if (schema != null && grammar == null) {
            boolean text = schema.isJsonPrimitive() && schema.getAsJsonPrimitive().isString();
            return Grammar.ofJsonSchema(text ? schema.getAsString() : schema.toString());
        }
        throw CommandFailure.failed("expected \"grammar\" (a text) or \"json_schema\"");
    }

    private static Grammar named(String source, Supplier<Grammar> parse) {
        try {
            return parse.get();
        } catch (GrammarException e) {
            throw CommandFailure.failed((isFile(source) ? source + ": " : "") + e.getMessage());
        }
    }

    private static String text(String flag, String source, String sign) {
        if (isFile(source)) {
            return TextFiles.of(Path.of(source));
        }
        if (source.contains(sign) || source.equals("true") || source.equals("false")) {
            return source;
        }
        throw CommandFailure.failed(flag + " '" + source + "': no such file, and no text that contains '" + sign + "'");
    }

    private static boolean isFile(String source) {
        try {
            return !source.contains("\n") && Files.isRegularFile(Path.of(source));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}

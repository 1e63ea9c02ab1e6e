package moka.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import moka.cli.json.JsonValues;
import moka.cli.terminal.CommandFailure;
import moka.engine.GenerationOptions;
import moka.engine.grammar.Grammar;
import moka.engine.sampling.SamplingOptions.Penalties;
import moka.engine.sampling.SamplingOptions;
import moka.template.Message;

/** What a line of a batch may say: a prompt or messages, and parameters of its own. */
final class BatchLine {
    private BatchLine() {}

    static Optional<List<Message>> messages(JsonObject line) {
        if (!line.has("messages")) {
            return Optional.empty();
        }
        List<Message> messages = JsonValues.messages(line.get("messages"));
        if (messages.isEmpty()) {
            throw CommandFailure.failed("\"messages\" is empty, expected a conversation");
        }
        return Optional.of(messages);
    }

    static String prompt(JsonObject line) {
        JsonElement prompt = line.get("prompt");
        if (prompt == null || !prompt.isJsonPrimitive() || !prompt.getAsJsonPrimitive().isString()) {
            throw CommandFailure.failed("no \"prompt\" (a text) and no \"messages\" in the line");
        }
        return prompt.getAsString();
    }

    /** The options of the command with those that the line has: names of the usual HTTP interfaces. @throws CommandFailure if a value is none */
    static GenerationOptions options(JsonObject line, GenerationOptions defaults) {
        try {
            return changed(line, defaults);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        }
    }

    private static GenerationOptions changed(JsonObject line, GenerationOptions defaults) {
        SamplingOptions sampling = defaults.sampling();
        GenerationOptions options = defaults;
        for (String name : line.keySet()) {
            JsonElement value = line.get(name);
            switch (name) {
                case "temperature" -> sampling = sampling.withTemperature((float) number(name, value));
                case "top_k" -> sampling = sampling.withTopK((int) integer(name, value, Integer.MAX_VALUE));
                case "top_p" -> sampling = sampling.withTopP((float) number(name, value));
                case "min_p" -> sampling = sampling.withMinP((float) number(name, value));
                case "seed" -> sampling = sampling.withSeed(integer(name, value, Long.MAX_VALUE));
                case "max_tokens", "n_predict" -> options = options.withMaxTokens((int) integer(name, value, Integer.MAX_VALUE));
                case "stop" -> options = options.withStopTexts(texts(name, value));
                case "grammar" -> options = options.withGrammar(GrammarFlags.of(value, null));
                case "json_schema" -> options = options.withGrammar(GrammarFlags.of(null, value));
                case "response_format" -> options = responseFormat(value, options);
                case "presence_penalty", "frequency_penalty", "repeat_penalty" ->
                    sampling = sampling.withPenalties(penalties(sampling.penalties(), name, (float) number(name, value)));
                default -> {}
            }
        }
        return options.withSampling(sampling);
    }

    /** {@code {"type":"json_object"}} or {@code {"type":"json_schema","json_schema":{"schema":…}}}. */
    private static GenerationOptions responseFormat(JsonElement value, GenerationOptions options) {
        String type = value instanceof JsonObject object && object.get("type") instanceof JsonPrimitive name ? name.getAsString() : "";
        return switch (type) {
            case "text" -> options;
            case "json_object" -> options.withGrammar(Grammar.ofJsonSchema("{\"type\":\"object\"}"));
            case "json_schema" -> {
                JsonElement schema = value.getAsJsonObject().get("json_schema");
                boolean wrapped = schema instanceof JsonObject object && object.has("schema");
                yield options.withGrammar(GrammarFlags.of(null, wrapped ? schema.getAsJsonObject().get("schema") : schema));
            }
            default -> throw CommandFailure.failed(
                    "\"response_format\": found " + value + ", expected the type text, json_object or json_schema");
        };
    }

    private static Penalties penalties(Penalties now, String name, float value) {
        return switch (name) {
            case "presence_penalty" -> new Penalties(now.lastN(), now.repeat(), now.frequency(), value);
            case "frequency_penalty" -> new Penalties(now.lastN(), now.repeat(), value, now.presence());
            default -> new Penalties(now.lastN(), value, now.frequency(), now.presence());
        };
    }

    private static double number(String name, JsonElement value) {
        if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
            return value.getAsDouble();
        }
        throw CommandFailure.failed("\"" + name + "\": found " + value + ", expected a number");
    }

    private static long integer(String name, JsonElement value, long most) {
        double number = number(name, value);
        if (number != Math.rint(number) || Math.abs(number) > most) {
            throw CommandFailure.failed("\"" + name + "\": found " + value + ", expected a whole number");
        }
        return value.getAsBigDecimal().longValue(); // a seed may have more digits than a double holds
    }

    private static List<String> texts(String name, JsonElement value) {
        List<String> texts = new ArrayList<>();
        if (value instanceof JsonArray array) {
            array.forEach(item -> texts.addAll(texts(name, item)));
        } else if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
            texts.add(value.getAsString());
        } else {
            throw CommandFailure.failed("\"" + name + "\": found " + value + ", expected a text or a list of texts");
        }
        return texts;
    }
}

package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

/** Schemas with texts they accept and refuse: {@code ../shared/public/grammars}, verdicts of Python jsonschema 4.26. */
class SchemaCasesTest {
    private static final Gson STRICT = new GsonBuilder().setStrictness(Strictness.STRICT).create();

    /** Texts that the schema accepts, but whose keys are not in the order of its properties: refused, as by llama.cpp. */
    private static final Set<String> OTHER_ORDER = Set.of(
            "own-person-order {\"age\":1,\"name\":\"A\",\"email\":\"e\"}",
            "own-person-order {\"email\": \"e\", \"age\": 1, \"name\": \"A\"}",
            "test-object-properties-additionalproperties-t"
                    + " { \"street_name\": \"Pennsylvania\", \"number\": 1600, \"street_type\":\"Avenue\"}",
            "test-required-optional-props-each-in-original { \"street_type\": \"Avenue\", \"number\": 1600 }",
            "test-required-optional-props-each-in-original-2 {\"a\": \"foo\", \"b\": \"bar\"}",
            "test-required-optional-props-each-in-original-2 {\"a\":\"foo\", \"b\":\"bar\", \"c\":\"baz\", \"d\":\"qux\"}",
            "test-required-props {\"productName\": \"A green door\", \"price\": 12.50, \"productId\": 1}",
            "test-required-props {\"productId\": 1, \"productName\": \"A green door\", \"price\": 12.50, \"dimensions\":"
                    + " {\"length\": 785, \"width\": 250.5, \"height\": -0.359}, \"tags\": [\"home\", \"green\"]}");

    @Test
    void agreesWithJsonSchema() {
        List<String> failures = new ArrayList<>();
        Set<String> otherOrder = new HashSet<>();
        int schemas = 0;
        int texts = 0;
        for (JsonObject test : SharedData.objects("public/grammars/schemas.jsonl")) {
            schemas++;
            String name = test.get("name").getAsString();
            texts += test.getAsJsonArray("accept").size() + test.getAsJsonArray("reject").size();
            Grammar grammar;
            try {
                grammar = Grammar.ofJsonSchema(test.get("json_schema").toString());
            } catch (GrammarException e) {
                failures.add(name + ": " + e.getMessage());
                continue;
            }
            for (JsonElement text : test.getAsJsonArray("accept")) {
                Grammar.Check check = grammar.check(text.getAsString());
                String which = name + " " + text.getAsString();
                if (!check.accepted() && OTHER_ORDER.contains(which)) {
                    otherOrder.add(which);
                } else if (!check.accepted()) {
                    failures.add(name + " refuses " + text + " at " + check.taken());
                }
            }
            for (JsonElement text : test.getAsJsonArray("reject")) {
                if (grammar.accepts(text.getAsString())) {
                    failures.add(name + " accepts " + text);
                }
            }
        }
        int agreeing = texts - failures.size() - otherOrder.size();
        List<String> explained = new ArrayList<>(failures);
        otherOrder.forEach(text -> explained.add("keys in another order than the schema's: " + text));
        ConformanceTable.add("schemas.jsonl", "texts of " + schemas + " schemas", agreeing, texts, explained);
        assertEquals(List.of(), failures);
        assertEquals(OTHER_ORDER, otherOrder);
        assertEquals(110, schemas);
    }

    @Test
    void refusesMalformedSchemas() {
        List<String> failures = new ArrayList<>();
        List<JsonObject> tests = SharedData.objects("public/grammars/schemas-malformed.jsonl");
        for (JsonObject test : tests) {
            String name = test.get("name").getAsString();
            String message = assertTimeoutPreemptively(Duration.ofSeconds(10), () -> refusal(test.get("schema_text").getAsString()), name);
            if (message.isEmpty() || message.contains("\n")) {
                failures.add(name + " (" + test.get("class").getAsString() + "): " + message);
            }
        }
        ConformanceTable.add("schemas-malformed.jsonl", "schemas refused", tests.size() - failures.size(), tests.size(), failures);
        assertEquals(List.of(), failures);
        assertEquals(65, tests.size());
    }

    /** Schemas of which llama.cpp's grammar gives JSON texts that the schema refuses. */
    private static final Map<String, String> LOOSER = Map.of(
            "conv-exotic-formats", "llama.cpp gives every month 31 days",
            "conv-unanchored-regexp", "llama.cpp ignores patterns without anchors",
            "conv-regexp-with-unsupported-shorthand", "llama.cpp ignores the pattern");

    /** What llama.cpp's grammar of a schema produces must satisfy ours: both describe texts that the schema accepts. */
    @Test
    void acceptsWhatConvertedSchemasProduce() {
        List<String> failures = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        Set<String> explained = new TreeSet<>();
        List<JsonObject> tests = SharedData.objects("public/grammars/schema-conversions.jsonl");
        SplittableRandom random = new SplittableRandom(31);
        int texts = 0;
        int looser = 0;
        for (JsonObject test : tests) {
            String name = test.get("name").getAsString();
            Grammar converted = Grammar.ofGbnf(test.get("grammar").getAsString());
            Grammar ours;
            try {
                ours = Grammar.ofJsonSchema(test.get("json_schema").toString());
            } catch (GrammarException e) {
                refused.add(name + ": " + e.getMessage());
                continue;
            }
            for (String text : RandomTexts.of(converted, 20, random)) {
                texts++;
                if (!isJson(text)) {
                    looser++;
                    explained.add(name + ": llama.cpp's grammar gives texts that are no JSON");
                } else if (!ours.accepts(text) && LOOSER.containsKey(name)) {
                    looser++;
                    explained.add(name + ": " + LOOSER.get(name));
                } else if (!ours.accepts(text)) {
                    failures.add(name + " refuses " + text + " at " + ours.check(text).taken());
                }
            }
        }
        explained.addAll(failures);
        explained.addAll(refused);
        ConformanceTable.add(
                "schema-conversions.jsonl", "random texts of " + tests.size() + " grammars", texts - looser - failures.size(), texts, explained);
        assertEquals(List.of(), failures);
        assertEquals(4, refused.size(), refused::toString); // three with prefixItems that is no array, a pattern with look-ahead
        assertTrue(texts > 500, "texts " + texts);
    }

    private static boolean isJson(String text) {
        try {
            STRICT.fromJson(text, JsonElement.class);
            return true;
        } catch (JsonParseException e) {
            return false;
        }
    }

    private static String refusal(String schema) {
        try {
            Grammar.ofJsonSchema(schema);
            return "";
        } catch (GrammarException e) {
            return e.getMessage();
        }
    }
}

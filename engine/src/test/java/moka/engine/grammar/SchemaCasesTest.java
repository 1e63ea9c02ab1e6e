package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import moka.engine.sampling.SharedData;
import org.junit.jupiter.api.Test;

/** Schemas with texts they accept and refuse: {@code ../shared/public/grammars}, verdicts of Python jsonschema 4.26. */
class SchemaCasesTest {
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
        System.out.println("schemas: " + agreeing + " of " + texts + " texts of " + schemas + " schemas agree; " + otherOrder.size()
                + " have their keys in another order");
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
        System.out.println("malformed schemas: " + (tests.size() - failures.size()) + " of " + tests.size() + " refused");
        assertEquals(List.of(), failures);
        assertEquals(65, tests.size());
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
